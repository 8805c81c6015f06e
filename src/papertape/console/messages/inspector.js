// The list of messages and the one that is open. Told only what is new; everything is text.
const MOST = 200; // rows of the list
const SEEN = 60; // rows that are drawn while the list runs; the box never shows more
const SOME = 300; // fields and, times four, bytes that are shown at first
const NEAR = 60; // pixels from the end of the list that still count as its end

export default {
  template: `
    <div class="fr" :class="{ 'fr-two': one }">
      <div class="fr-box" :class="{ 'fr-live': live }" ref="box" @scroll.passive="scrolled">
        <table class="fr-list" role="grid" aria-label="Messages" :aria-busy="live">
          <thead><tr><th scope="col">Time</th><th scope="col">Client</th><th scope="col">Way</th>
            <th scope="col">Message</th><th scope="col">What it says</th>
            <th scope="col" class="right">Bytes</th></tr></thead>
          <tbody @click="clicked" @keydown="pressed">
            <tr v-for="row in drawn" :key="row[0]" :data-serial="row[0]"
                v-memo="[row[0], row[0] === opened, row[0] === stop]"
                :tabindex="row[0] === stop ? 0 : -1" :aria-selected="row[0] === opened"
                :class="row[6]">
              <td class="fr-time">{{ row[1] }}</td><td>{{ row[2] }}</td>
              <td :class="row[3] ? 'fr-in' : 'fr-out'">{{ row[3] ? "← in" : "→ out" }}</td>
              <td class="fr-name">{{ row[4] }}</td>
              <td class="fr-what"><span v-for="pair in row[5]" class="fr-pair"><span
                v-if="pair[0]" class="fr-key">{{ pair[0] }}&nbsp;</span>{{ pair[1] }}</span></td>
              <td class="right">{{ row[7] }}</td>
            </tr>
          </tbody>
        </table>
        <p v-if="!rows.length" class="fr-none">{{ nothing }}</p>
      </div>
      <section v-if="one" class="fr-one" aria-label="Message" @keydown.esc.stop="shut">
        <div class="fr-head"><h2 ref="head" tabindex="-1">{{ one.name }}</h2>
          <button type="button" class="fr-mini" aria-label="Close message" @click="shut">Close</button>
        </div>
        <p v-if="one.problem" class="fr-wrong">{{ one.problem }}</p>
        <p v-for="note in one.notes" class="fr-note">{{ note }}</p>
        <dl class="fr-about"><div v-for="[key, value] in one.about"><dt>{{ key }}</dt>
          <dd>{{ value }}</dd></div></dl>
        <div class="fr-tools">
          <button v-for="word in one.only" type="button" class="fr-mini" @click="$emit('only', word)">
            Only {{ word }}</button>
          <button v-for="[title, text] in copies" type="button" class="fr-mini"
            @click="copy(title, text)">{{ title }}</button>
          <span role="status" class="fr-note">{{ said }}</span>
        </div>
        <template v-if="one.links.length"><h3>Same conversation</h3>
          <ul class="fr-links"><li v-for="link in one.links">
            <button type="button" class="fr-mini" @click="$emit('open', link[0])">
              <span :class="link[2] === 'in' ? 'fr-in' : 'fr-out'" aria-hidden="true">{{
              link[2] === "in" ? "←" : "→" }}</span> {{ link[1] }} <span class="fr-key">{{
              link[3] }}</span></button></li></ul></template>
        <div class="fr-head"><h3>Fields <span class="fr-key">{{ fields.length }}</span></h3>
          <label class="fr-check"><input type="checkbox" v-model="set"> Only those that are set</label>
        </div>
        <div class="fr-scroll" ref="fields" role="region" aria-label="Fields" tabindex="0">
          <table class="fr-fields"><thead><tr><th scope="col" class="right">Offset</th>
            <th scope="col">Name</th><th scope="col">Value</th><th scope="col">Raw</th>
            <th scope="col">Gate</th></tr></thead>
          <tbody @mouseover="pointed" @click="pointed" @focusin="pointed" @keydown="stepped">
            <tr v-for="[field, at] in fields.slice(0, more ? undefined : limit)" :key="at"
                :data-at="at" :tabindex="at === Math.max(here, 0) ? 0 : -1"
                :class="{ on: at === here, 'fr-frame': at < 2 }">
              <td class="right">{{ field[0] }}</td><td class="fr-name">{{ field[2] }}</td>
              <td class="fr-value">{{ field[4] }}</td><td class="fr-raw">{{ field[3] }}</td>
              <td class="fr-gate">{{ field[5] }}<span v-if="field[6]" class="fr-key">{{
                field[6] }}</span></td>
            </tr></tbody></table></div>
        <h3>Bytes</h3>
        <div class="fr-scroll" role="region" aria-label="Bytes" tabindex="0">
          <div class="fr-hex" @mouseover="pointed" @click="found"><div v-for="line in lines"
            :key="line.at"><span class="fr-key">{{ line.place }}</span><span class="fr-cells"><span
            v-for="part in line.parts" :data-at="part.at" :class="{ on: part.at === here }">{{
            part.hex }}</span></span><span class="fr-text"><span v-for="part in line.parts"
            :data-at="part.at" :class="{ on: part.at === here }">{{ part.text }}</span></span>
          </div></div></div>
        <button v-if="long && !more" type="button" class="fr-mini" @click="more = true">
          Show all of it</button>
      </section>
    </div>`,
  props: { live: Boolean, nothing: String },
  emits: ["ready", "open", "shut", "hold", "only"],
  data: () => ({ rows: [], focused: 0, opened: 0, one: null, here: -1, set: false, more: false,
                 said: "", limit: SOME }),
  mounted() {
    this.$emit("ready");
  },
  computed: {
    drawn() {
      return this.live ? this.rows.slice(-SEEN) : this.rows;
    },
    stop() {
      const there = (serial) => this.drawn.some((row) => row[0] === serial);
      if (this.focused && there(this.focused)) return this.focused;
      return this.rows.length ? this.rows[this.rows.length - 1][0] : 0;
    },
    fields() {
      const all = this.one.fields.map((field, at) => [field, at]);
      return this.set ? all.filter(([field]) => field[4] !== "" && field[4] !== "[]") : all;
    },
    copies() {
      const made = [["Copy hex", this.one.hex], ["Copy JSON", this.one.json],
                    ["Copy for papertape explain", this.one.command]];
      return made.filter(([, text]) => text);
    },
    long() {
      return this.fields.length > SOME || this.one.hex.length > 8 * SOME;
    },
    lines() {
      const all = this.one.hex.match(/../g) || [];
      const bytes = this.more ? all : all.slice(0, 4 * SOME);
      const owner = new Array(bytes.length).fill(-1);
      this.one.fields.forEach((field, at) => owner.fill(at, field[0], field[1]));
      const lines = [];
      for (let start = 0; start < bytes.length; start += 16) {
        const parts = [];
        for (let i = start; i < Math.min(start + 16, bytes.length); i++) {
          if (!parts.length || parts[parts.length - 1].at !== owner[i])
            parts.push({ at: owner[i], hex: "", text: "" });
          const code = parseInt(bytes[i], 16), part = parts[parts.length - 1];
          part.hex += bytes[i] + (i % 16 === 7 ? "  " : " ");
          part.text += code > 31 && code < 127 ? String.fromCharCode(code) : "·";
        }
        lines.push({ at: start, place: start.toString(16).padStart(4, "0"), parts });
      }
      return lines;
    },
  },
  methods: {
    add(rows) {
      const box = this.$refs.box;
      const last = this.rows.length ? this.rows[this.rows.length - 1][0] : 0;
      const fresh = rows.filter((row) => row[0] > last).map(Object.freeze);
      this.rows = this.rows.concat(fresh).slice(-MOST);
      if (this.live) this.$nextTick(() => { box.scrollTop = box.scrollHeight; });
    },
    replace(rows, end) {
      this.rows = rows.map(Object.freeze);
      const box = this.$refs.box;
      this.$nextTick(() => { box.scrollTop = end ? box.scrollHeight : 0; });
    },
    show(one) {
      this.one = Object.freeze(one);
      [this.opened, this.here, this.more, this.said] = [one.serial, -1, false, ""];
      this.$nextTick(() => {
        this.$refs.head.focus({ preventScroll: true });
        this.$refs.head.parentElement.parentElement.scrollTop = 0;
        if (!matchMedia("(min-width: 1100px)").matches)
          this.$refs.head.scrollIntoView({ block: "start" });
        this.reveal(one.serial);
      });
    },
    shut() {
      const serial = this.opened;
      [this.one, this.opened] = [null, 0];
      this.$emit("shut");
      this.$nextTick(() => this.row(serial)?.focus());
    },
    reveal(serial) {
      // Within the list alone: the page stays where it is.
      const row = this.row(serial), box = this.$refs.box;
      if (!row) return;
      const above = row.offsetTop - 2 * row.offsetHeight;
      const below = row.offsetTop + 2 * row.offsetHeight - box.clientHeight;
      box.scrollTop = Math.max(Math.min(box.scrollTop, above), below);
    },
    row(serial) {
      return this.$refs.box.querySelector(`tr[data-serial="${serial}"]`);
    },
    scrolled() {
      const box = this.$refs.box;
      const away = box.scrollHeight - box.clientHeight - box.scrollTop;
      if (this.live && away > NEAR) this.$emit("hold");
    },
    clicked(event) {
      const row = event.target.closest("tr");
      if (row) this.open(row);
    },
    open(row) {
      this.focused = Number(row.dataset.serial);
      this.$emit("open", this.focused);
    },
    pressed(event) {
      const row = event.target.closest("tr");
      if (event.key === "Enter" || event.key === " ") this.open(row);
      else if (!this.step(event, row)) return;
      else if (this.live) this.$emit("hold");
      event.preventDefault();
    },
    step(event, row) {
      // Moves the focus; whether the key was one for that.
      const all = row.parentElement.children;
      const at = Array.prototype.indexOf.call(all, row);
      const to = { ArrowUp: at - 1, ArrowDown: at + 1, PageUp: at - 10, PageDown: at + 10, Home: 0,
                   End: all.length - 1 }[event.key];
      if (to === undefined) return false;
      const next = all[Math.max(0, Math.min(all.length - 1, to))];
      if (next.dataset.serial) this.focused = Number(next.dataset.serial);
      next.focus();
      return true;
    },
    stepped(event) {
      if (this.step(event, event.target.closest("tr"))) event.preventDefault();
    },
    pointed(event) {
      const at = event.target.closest("[data-at]");
      if (at) this.here = Number(at.dataset.at);
    },
    found(event) {
      this.pointed(event);
      const row = this.$el.querySelector(`.fr-fields tr[data-at="${this.here}"]`);
      if (row) this.$refs.fields.scrollTop = row.offsetTop - 3 * row.offsetHeight;
    },
    async copy(title, text) {
      try {
        await navigator.clipboard.writeText(text);
      } catch { // pages of another computer may not use it
        const area = document.createElement("textarea");
        area.value = text;
        document.body.append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
      }
      this.said = "Copied";
    },
  },
};
