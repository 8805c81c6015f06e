// Choosing one of many by typing: the combobox pattern of the ARIA practices.
const PATIENCE_MS = 2000; // without an answer, one is asked for again
const MOST_TRIES = 10;

export default {
  template: `
    <div class="pt-combo">
      <label :for="id">{{ label }}</label>
      <input :id="id" ref="input" role="combobox" type="text" autocomplete="off" spellcheck="false"
        autocapitalize="characters" maxlength="40" aria-autocomplete="list"
        :placeholder="placeholder"
        :aria-expanded="open ? 'true' : 'false'" :aria-controls="id + '-list'"
        :aria-activedescendant="open && at >= 0 ? id + '-' + at : null"
        v-model="text" @input="typed" @keydown="key" @focus="$refs.input.select()"
        @click="open || ask('')" @blur="leave">
      <ul v-show="open" :id="id + '-list'" role="listbox" :aria-label="label">
        <li v-for="(one, i) in offers" :key="one[0]" :id="id + '-' + i" role="option"
            :aria-selected="i === at ? 'true' : 'false'" @mousedown.prevent="choose(i)">
          <b>{{ one[1] }}</b> <span>{{ one[2] }}</span></li>
        <li v-if="!offers.length" role="option" aria-disabled="true" aria-selected="false">
          <span>{{ nothing }}</span></li>
      </ul>
      <span class="pt-sr" role="status">{{ open ? offers.length + " found" : "" }}</span>
    </div>`,
  props: { label: String, placeholder: String, nothing: String, value: String },
  emits: ["ask", "choose"],
  data: () => ({ id: "", text: "", chosen: "", offers: [], open: false, at: -1 }),
  created() {
    this.id = "combo-" + Math.random().toString(36).slice(2);
    this.entered = false; // Enter was pressed before the offers came
    this.timer = 0;
    this.late = 0;
    this.text = this.chosen = this.value ?? "";
  },
  watch: {
    value(symbol) { // keep what the user is typing
      const typing = document.activeElement === this.$refs.input && this.text !== this.chosen;
      if (typing) this.chosen = symbol;
      else this.show(symbol);
    },
  },
  unmounted() {
    clearTimeout(this.timer);
    clearTimeout(this.late);
  },
  methods: {
    typed() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(this.text), 120);
    },
    ask(text, tries = 1) {
      clearTimeout(this.timer);
      clearTimeout(this.late);
      this.timer = 0;
      this.asked = text;
      this.$emit("ask", text);
      if (tries < MOST_TRIES)
        this.late = setTimeout(() => this.ask(text, tries + 1), PATIENCE_MS);
    },
    offer(text, offers) { // called from Python: the answer to `ask`
      if (text !== this.asked) return;
      clearTimeout(this.late);
      if (document.activeElement !== this.$refs.input) return;
      this.offers = offers;
      this.open = true;
      this.at = offers.length && text ? 0 : -1;
      if (this.entered && offers.length) this.choose(0);
      this.entered = false;
    },
    show(text) {
      this.text = this.chosen = text;
      this.close();
    },
    close() {
      clearTimeout(this.late);
      this.open = false;
      this.at = -1;
    },
    choose(i) {
      const one = this.offers[i];
      if (!one) return;
      this.show(one[1]);
      this.$emit("choose", one[0]);
      this.$nextTick(() => this.$refs.input.select()); // typing begins another search
    },
    leave() {
      clearTimeout(this.timer);
      this.text = this.chosen;
      this.entered = false;
      this.close();
    },
    key(event) {
      const { key } = event;
      if (key === "ArrowDown" || key === "ArrowUp") {
        event.preventDefault();
        if (!this.open) return this.ask(this.text === this.chosen ? "" : this.text);
        const n = this.offers.length;
        if (n) this.at = (this.at + (key === "ArrowDown" ? 1 : n + (this.at < 0 ? 0 : -1))) % n;
        this.$nextTick(() =>
          document.getElementById(this.id + "-" + this.at)?.scrollIntoView({ block: "nearest" }));
      } else if (key === "Enter" && (this.open || this.text !== this.chosen)) {
        event.preventDefault();
        if (this.timer || !this.open) {
          this.entered = true;
          this.ask(this.text);
        } else this.choose(Math.max(this.at, 0));
      } else if (key === "Escape" && this.open) {
        event.preventDefault();
        event.stopPropagation();
        this.text = this.chosen;
        this.close();
      }
    },
  },
};
