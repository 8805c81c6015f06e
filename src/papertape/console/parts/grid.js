// A table that is told only what has changed; cells are text, never HTML.
const number = (text) => Number(text.replace(/[,+%]/g, ""));

export default {
  template: `
    <div class="pt-scroll" role="group" tabindex="0" :aria-label="label">
      <table class="pt-table">
        <caption class="pt-sr">{{ label }}</caption>
        <thead><tr>
          <th v-for="[column, at] in visible" :key="at" scope="col" :class="{ right: column.right }"
              :aria-sort="at === by ? (down ? 'descending' : 'ascending') : null">
            <button type="button" @click="sort(at)">{{ column.label }}<span aria-hidden="true"
              class="pt-arrow">{{ at === by ? (down ? "▾" : "▴") : "" }}</span></button>
          </th>
          <th v-if="act" scope="col" class="act"><span class="pt-sr">{{ act }}</span></th>
        </tr></thead>
        <tbody>
          <tr v-for="row in shown" :key="row[0]" v-memo="[row, visible]">
            <td v-for="[column, at] in visible" :key="at"
                :class="[column.right ? 'right' : '', column.badge ? '' : tone(row[1][at])]">
              <span v-if="column.badge" class="pt-badge" :class="tone(row[1][at])">{{
                text(row[1][at]) }}</span><template v-else>{{ text(row[1][at]) }}</template>
            </td>
            <td v-if="act" class="act"><button v-if="row[2]" type="button" class="pt-mini"
              :aria-label="row[2]" @click="$emit('act', row[0])">{{ act }}</button></td>
          </tr>
        </tbody>
      </table>
    </div>`,
  props: { columns: Array, label: String, act: String, hidden: Array },
  emits: ["act", "ready"],
  data: () => ({ order: [], version: 0, by: -1, down: false }),
  created() {
    this.rows = new Map(); // key -> [key, cells, action]; not reactive: `version` tells
  },
  mounted() {
    this.$emit("ready");
  },
  computed: {
    visible() {
      return this.columns.map((column, at) => [column, at]).filter(([column]) =>
        !this.hidden.includes(column.label));
    },
    shown() {
      this.version;
      const rows = this.order.map((key) => this.rows.get(key)).filter(Boolean);
      if (this.by < 0) return rows;
      const right = this.columns[this.by].right;
      const of = (row) => this.text(row[1][this.by]);
      const sign = this.down ? -1 : 1;
      return rows.sort((a, b) =>
        sign * (right ? number(of(a)) - number(of(b)) : of(a).localeCompare(of(b))));
    },
  },
  methods: {
    text: (cell) => (Array.isArray(cell) ? cell[0] : cell),
    tone: (cell) => (Array.isArray(cell) ? cell[1] : ""),
    patch(changed, order) {
      for (const row of changed) this.rows.set(row[0], Object.freeze(row));
      if (order) {
        this.order = order;
        const kept = new Set(order);
        for (const key of [...this.rows.keys()]) if (!kept.has(key)) this.rows.delete(key);
      }
      this.version += 1;
    },
    sort(at) {
      if (this.by !== at) [this.by, this.down] = [at, false];
      else if (!this.down) this.down = true;
      else [this.by, this.down] = [-1, false]; // the third click: as given
    },
  },
};
