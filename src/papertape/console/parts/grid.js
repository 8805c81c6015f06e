// A table that receives only what has changed, and has elements only for the rows near those in
// view; cells are text, never HTML.
const number = (text) => Number(text.replace(/[,+%]/g, ""));
const FEW = 60; // rows of which all are there
const SPARE = 10; // rows beyond those in view, on either side
const ROW_PX = 30; // until one has been measured

export default {
  template: `
    <div class="pt-scroll" role="group" tabindex="0" :aria-label="label"
        @scroll.passive="look">
      <table class="pt-table" :aria-rowcount="sorted.length + 1">
        <caption class="pt-sr">{{ label }}</caption>
        <thead><tr aria-rowindex="1">
          <th v-for="[column, at] in visible" :key="at" scope="col" :class="{ right: column.right, lead: column.lead }"
              :aria-sort="at === by ? (down ? 'descending' : 'ascending') : null">
            <button type="button" @click="sort(at)">{{ column.label }}<span aria-hidden="true"
              class="pt-arrow">{{ at === by ? (down ? "▾" : "▴") : "" }}</span></button>
          </th>
          <th v-if="act" scope="col" class="act"><span class="pt-sr">{{ act }}</span></th>
        </tr></thead>
        <tbody v-if="start" aria-hidden="true"><tr :style="tall(start)"></tr></tbody>
        <tbody>
          <tr v-for="(row, place) in shown" :key="row[0]" :aria-rowindex="start + place + 2"
              v-memo="[row, visible, start + place]">
            <td v-for="[column, at] in visible" :key="at"
                :class="[column.right ? 'right' : '', column.lead ? 'lead' : '', column.badge ? '' : tone(row[1][at])]">
              <span v-if="column.badge" class="pt-badge" :class="tone(row[1][at])">{{
                text(row[1][at]) }}</span><button v-else-if="column.opens && row[3]" type="button"
                class="pt-open" :title="row[3]" @click="$emit('open', row[0])">{{
                text(row[1][at]) }}</button><template v-else>{{ text(row[1][at]) }}</template>
            </td>
            <td v-if="act" class="act"><button v-if="row[2]" type="button" class="pt-mini"
              :aria-label="row[2]" @click="$emit('act', row[0])">{{ act }}</button></td>
          </tr>
        </tbody>
        <tbody v-if="rest" aria-hidden="true"><tr :style="tall(rest)"></tr></tbody>
        <tfoot v-if="many" aria-hidden="true"><tr>
          <td v-for="[column, at] in visible" :key="at">
            <span :class="{ 'pt-badge': column.badge }" :data-widest="widest[at]"></span></td>
          <td v-if="act" class="act"><span class="pt-mini" :data-widest="act"></span></td>
        </tr></tfoot>
      </table>
    </div>`,
  props: { columns: Array, label: String, act: String, hidden: Array },
  emits: ["act", "open", "ready"],
  data: () => ({ order: [], version: 0, by: -1, down: false, from: 0, room: FEW }),
  created() {
    this.rows = new Map(); // key -> [key, cells, act, opens]; not reactive: `version` tells
    this.widest = []; // longest text of each column: it keeps its width whatever is in view
    this.height = ROW_PX;
  },
  mounted() {
    this.$emit("ready");
    this.observer = new ResizeObserver(() => this.look());
    this.observer.observe(this.$el);
  },
  beforeUnmount() {
    this.observer.disconnect();
  },
  computed: {
    visible() {
      return this.columns.map((column, at) => [column, at]).filter(([column]) =>
        !this.hidden.includes(column.label));
    },
    sorted() {
      this.version;
      const rows = this.order.map((key) => this.rows.get(key)).filter(Boolean);
      if (this.by < 0) return rows;
      const right = this.columns[this.by].right;
      const of = (row) => this.text(row[1][this.by]);
      const sign = this.down ? -1 : 1;
      return rows.sort((a, b) =>
        sign * (right ? number(of(a)) - number(of(b)) : of(a).localeCompare(of(b))));
    },
    many() {
      return this.sorted.length > FEW;
    },
    start() { // of the rows that are there
      const most = this.sorted.length - this.room;
      return this.many ? Math.max(0, Math.min(this.from, most)) : 0;
    },
    shown() {
      return this.many ? this.sorted.slice(this.start, this.start + this.room) : this.sorted;
    },
    rest() {
      return this.sorted.length - this.start - this.shown.length;
    },
  },
  methods: {
    text: (cell) => (Array.isArray(cell) ? cell[0] : cell),
    tone: (cell) => (Array.isArray(cell) ? cell[1] : ""),
    tall(rows) {
      return { height: `${rows * this.height}px` };
    },
    look() { // which rows are in view
      if (!this.many) return;
      const one = this.$el.querySelector("tbody tr[aria-rowindex]");
      this.height = (one && one.getBoundingClientRect().height) || this.height;
      const top = Math.floor(this.$el.scrollTop / this.height / SPARE) * SPARE;
      this.from = Math.max(0, top - SPARE);
      this.room = Math.ceil(this.$el.clientHeight / this.height / SPARE) * SPARE + 3 * SPARE;
    },
    patch(changed, order) {
      for (const row of changed) {
        this.rows.set(row[0], Object.freeze(row));
        row[1].forEach((cell, at) => {
          const text = this.text(cell);
          if (text.length > (this.widest[at] || "").length) this.widest[at] = text;
        });
      }
      const anchor = order && this.anchor();
      if (order) {
        this.order = order;
        const kept = new Set(order);
        for (const key of [...this.rows.keys()]) if (!kept.has(key)) this.rows.delete(key);
      }
      this.version += 1;
      this.$nextTick(() => this.stay(anchor));
    },
    anchor() { // the row at the top of the view, if one has scrolled to it
      const at = Math.floor(this.$el.scrollTop / this.height);
      return at && this.many ? [this.sorted[at]?.[0], at] : null;
    },
    stay(anchor) { // keep it there though rows have come above it
      const at = anchor ? this.sorted.findIndex((row) => row[0] === anchor[0]) : -1;
      if (at >= 0 && at !== anchor[1]) this.$el.scrollTop += (at - anchor[1]) * this.height;
      this.look();
    },
    sort(at) {
      if (this.by !== at) [this.by, this.down] = [at, false];
      else if (!this.down) this.down = true;
      else [this.by, this.down] = [-1, false]; // the third click: as given
    },
  },
};
