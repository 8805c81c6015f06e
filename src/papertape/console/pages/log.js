// The lines of the log, kept in the browser: only new ones are sent, search and level cost nothing.
export default {
  template: `
    <div class="pt-log" ref="box" role="log" aria-live="off" aria-label="Lines of the log"
      tabindex="0" @scroll.passive="scrolled">
      <div v-for="row in shown" :key="row.number" :class="'pt-log-line ' + row.level">
        <span class="pt-log-time">{{ row.time }}</span>
        <span class="pt-log-level">{{ row.level }}</span>
        <span class="pt-log-text">{{ row.message }}<span v-if="row.error" class="pt-log-error"
          >{{ "\\n" + row.error }}</span></span>
      </div>
      <p v-if="rows.length && !shown.length" class="pt-log-none"
        >No line matches. Search for another word, or show all levels.</p>
    </div>
  `,
  props: { least: Number, search: String, most: Number, follow: Boolean },
  emits: ["counted", "followed"],
  data() {
    return { rows: [] };
  },
  computed: {
    words() {
      return (this.search || "").toLowerCase().split(/\s+/).filter(Boolean);
    },
    shown() {
      return this.rows.filter(
        (row) => row.weight >= this.least && this.words.every((word) => row.found.includes(word)),
      );
    },
    count() {
      return [this.shown.length, this.rows.length];
    },
  },
  watch: {
    count() {
      this.$emit("counted", this.count);
    },
    shown() {
      this.$nextTick(this.stick);
    },
    follow() {
      this.$nextTick(this.stick);
    },
  },
  methods: {
    add(rows) {
      for (const row of rows) {
        row.found = `${row.time} ${row.level} ${row.message} ${row.error}`.toLowerCase();
        Object.freeze(row);
      }
      this.rows = this.rows.concat(rows).slice(-this.most);
    },
    clear() {
      this.rows = [];
    },
    stick() {
      const box = this.$refs.box;
      if (this.follow && box) box.scrollTop = box.scrollHeight;
    },
    scrolled() {
      const box = this.$refs.box;
      const end = box.scrollHeight - box.clientHeight - box.scrollTop < 24;
      if (end !== this.follow) this.$emit("followed", end);
    },
    text() {
      const lines = this.shown.map((row) =>
        `${row.time} ${row.level.padEnd(8)} ${row.message}${row.error ? "\n" + row.error : ""}`);
      return lines.join("\n") + "\n";
    },
    async copy() {
      await navigator.clipboard.writeText(this.text());
    },
    save(name) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([this.text()], { type: "text/plain" }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    },
  },
};
