// A line of values over time, as SVG: its lowest, highest and latest value, its first and last time.
const WIDE = 1000;
const HIGH = 200;
const BOTTOM = 6; // room for the stroke

export default {
  template: `
    <figure class="pt-line" role="img" :aria-label="text">
      <div class="pt-line-top pt-num"><span>{{ high }}</span><strong>{{ last }}</strong></div>
      <svg viewBox="0 0 ${WIDE} ${HIGH}" preserveAspectRatio="none" aria-hidden="true">
        <path :d="area" class="pt-line-area"></path><path :d="path" class="pt-line-path"></path>
      </svg>
      <div class="pt-line-top pt-num"><span>{{ low }}</span></div>
      <figcaption class="pt-line-foot pt-num"><span>{{ from }}</span><span>{{ to }}</span></figcaption>
    </figure>`,
  props: { values: Array, high: String, low: String, last: String, from: String, to: String,
    text: String },
  computed: {
    places() { // x by the order of the values: they come at even distances
      const values = this.values || [];
      const low = Math.min(...values);
      const span = Math.max(...values) - low || 1;
      const step = WIDE / Math.max(1, values.length - 1);
      return values.map((value, at) =>
        [at * step, HIGH - BOTTOM - (value - low) / span * (HIGH - 2 * BOTTOM)]);
    },
    path() {
      return this.places.map(([x, y], at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
    },
    area() {
      const last = this.places.at(-1);
      return last ? `${this.path}L${last[0].toFixed(1)} ${HIGH}L0 ${HIGH}Z` : "";
    },
  },
};
