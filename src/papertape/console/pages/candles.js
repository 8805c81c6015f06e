// Candles and volume that grow: the bars stay in the browser, only what changed is sent.
import { echarts } from "nicegui-echart";

const TOKENS = ["ink", "soft", "line", "card", "up", "down", "accent", "wash"];
const BAR_PX = 9; // width of a bar at first
const TAG_PX = 17; // height of the last price's tag and of half a label beside it, on each side
const PAUSE_S = 3600; // nothing for so long: another session has begun

const DAY_S = 86400;
const MONTH_S = 30 * DAY_S;
const written = (timeZone) => // "2026-11-22 16:01:30" on the wall of the zone
  new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });

export default {
  template: `
    <div class="pt-plotbox">
      <div class="pt-legend pt-num" aria-hidden="true">
        <span v-for="[title, value, tone] in legend" :key="title"><span class="pt-soft">{{
          title }}</span> <span :class="tone">{{ value }}</span></span>
      </div>
      <div ref="plot" class="pt-plot" role="img" :aria-label="text"></div>
    </div>`,
  props: { text: String },
  emits: ["ready"],
  data: () => ({ legend: [] }), // of the bar that is pointed at, else of the latest
  created() {
    this.bars = []; // [time, open, high, low, close, volume]; not reactive
    this.marks = [];
    this.step = 60; // seconds of a bar
    this.digits = 2;
    this.asked = new Set(); // values that the price axis has labels for
    this.hidden = []; // those of them whose label would stand under the tag of the last price
    this.at = -1; // the bar that is pointed at
    this.inZone("UTC", "UTC");
  },
  mounted() {
    this.chart = echarts.init(this.$refs.plot);
    this.chart.on("updateAxisPointer", ({ axesInfo }) => this.point(axesInfo?.[0]?.value ?? -1));
    this.chart.on("globalout", () => this.point(-1));
    this.chart.on("datazoom", () => this.clear());
    this.sized = new ResizeObserver(() => {
      this.chart.resize();
      this.clear();
    });
    this.sized.observe(this.$refs.plot);
    this.themed = new MutationObserver(() => this.bars.length && this.draw(true));
    this.themed.observe(document.body, { attributes: true, attributeFilter: ["class"] });
    this.$emit("ready");
  },
  beforeUnmount() {
    this.sized.disconnect();
    this.themed.disconnect();
    this.chart.dispose();
  },
  methods: {
    load(bars, marks, digits, step, zone, title) {
      Object.assign(this, { bars, marks, digits, step, at: -1 });
      this.inZone(zone, title);
      const start = Math.max(0, 100 * (1 - this.$el.clientWidth / BAR_PX / bars.length));
      this.chart.clear();
      this.traded = bars.some((bar) => bar[5]);
      this.chart.setOption(this.frame());
      this.draw(true);
      this.chart.dispatchAction({ type: "dataZoom", start, end: 100 });
    },
    patch(changed, most) {
      for (const bar of changed) {
        let at = this.bars.length;
        while (at && this.bars[at - 1][0] > bar[0]) at -= 1;
        const known = at && this.bars[at - 1][0] === bar[0];
        this.bars.splice(known ? at - 1 : at, known ? 1 : 0, bar);
      }
      this.bars.splice(0, Math.max(0, this.bars.length - most));
      const began = !this.traded && this.bars.some((bar) => bar[5]);
      if (began) {
        this.traded = true;
        this.chart.setOption(this.frame());
      }
      this.draw(began);
    },
    inZone(zone, title) { // UTC where the browser does not know a zone
      try {
        this.wall = written(zone);
        this.zone = title;
      } catch {
        this.wall = written("UTC");
        this.zone = "UTC";
      }
    },
    point(at) {
      this.at = Number.isInteger(at) ? at : -1;
      this.explain();
    },
    explain() { // the legend
      const bar = this.bars[this.at] ?? this.bars.at(-1);
      if (!bar) return;
      const [time, open, high, low, close, volume] = bar;
      const { number } = this;
      const tone = close < open ? "pt-down" : "pt-up";
      const traded = this.marks.filter((mark) => mark[0] === time).slice(0, 3);
      this.legend = [["", this.step < DAY_S ? this.full(time) : this.full(time).slice(0, 10), ""],
        ["O", number(open), tone], ["H", number(high), tone], ["L", number(low), tone],
        ["C", number(close), tone],
        ...(this.traded ? [["Vol", volume.toLocaleString("en-US"), ""]] : []),
        ...traded.map(([, , bought, text]) => [bought ? "▲" : "▼", text, ""])];
    },
    mark(marks) {
      this.marks = marks;
      this.draw(false);
    },
    move(way) { // zoom and scroll by keys: in, out, earlier, later, latest
      const [{ start, end }] = this.chart.getOption().dataZoom;
      const span = end - start;
      const least = Math.min(100, (1000 / Math.max(this.bars.length, 1)));
      const wide = { in: Math.max(least, span / 1.6), out: Math.min(100, span * 1.6) }[way] ?? span;
      const shift = { earlier: -span / 2, later: span / 2, latest: 100 }[way] ?? 0;
      const to = Math.min(100, Math.max(wide, end + shift));
      this.chart.dispatchAction({ type: "dataZoom", start: to - wide, end: to });
    },
    frame() {
      const zoom = { xAxisIndex: [0, 1], minValueSpan: 10 };
      const height = this.traded ? 70 : 1; // nothing is kept free for volume that does not exist
      return {
        animation: false,
        grid: [{ left: 14, right: 68, top: 22, bottom: height + (this.traded ? 116 : 96) },
          { left: 14, right: 68, height, bottom: 90 }],
        axisPointer: { link: [{ xAxisIndex: "all" }] },
        xAxis: [0, 1].map((at) => ({ type: "category", gridIndex: at, boundaryGap: true,
          axisPointer: { show: true, triggerTooltip: false } })),
        yAxis: [{ scale: true, position: "right", axisPointer: { show: true, triggerTooltip: false } },
          { gridIndex: 1, position: "right", splitNumber: 2 }],
        dataZoom: [{ type: "inside", ...zoom },
          { type: "slider", ...zoom, bottom: 12, height: 26, showDetail: false }],
        series: [
          { type: "candlestick", name: "price" },
          { type: "bar", name: "volume", xAxisIndex: 1, yAxisIndex: 1 },
          { type: "scatter", name: "executions", symbolSize: 13, z: 5 },
        ],
      };
    },
    draw(styled) {
      if (styled) this.chart.setOption(this.style());
      this.explain();
      const { up, down, card } = this.colours;
      const times = this.bars.map((bar) => bar[0]);
      this.chart.setOption({
        xAxis: [{ data: times }, { data: times }],
        series: [
          { data: this.bars.map(([, open, high, low, close]) => [open, close, low, high]),
            markLine: { precision: this.digits, data: this.lines() } },
          { data: this.bars.map(([, open, , , close, volume]) => (
            { value: volume, itemStyle: { color: close < open ? down : up, opacity: 0.45 } })) },
          { data: this.marks.map(([time, price, bought]) => (
            { value: [time, price], symbol: "triangle", symbolRotate: bought ? 0 : 180,
              symbolOffset: [0, bought ? 9 : -9],
              itemStyle: { color: bought ? up : down, borderColor: card, borderWidth: 1.5 } })) },
        ],
      });
      this.clear();
    },
    clear() { // no label of the price axis stands under the tag of the last price
      const last = this.bars.at(-1)?.[4];
      const place = last === undefined ? NaN
        : this.chart.convertToPixel({ yAxisIndex: 0 }, last);
      if (!Number.isFinite(place)) return;
      const under = (value) =>
        Math.abs(this.chart.convertToPixel({ yAxisIndex: 0 }, value) - place) < TAG_PX;
      const hidden = [...this.asked].filter(under);
      this.asked.clear();
      if (hidden.join() === this.hidden.join()) return;
      this.hidden = hidden;
      this.chart.setOption({ yAxis: [{ axisLabel: { formatter: this.priced() } }] });
    },
    priced() { // what the price axis writes; another function each time, as labels are kept by it
      return (value) => {
        this.asked.add(value);
        return this.hidden.includes(value) ? "" : this.number(value);
      };
    },
    style() {
      const css = getComputedStyle(document.body);
      const colour = Object.fromEntries(
        TOKENS.map((name) => [name, css.getPropertyValue("--" + name).trim()]));
      this.colours = colour;
      const { soft, line, card, up, down, accent, wash } = colour;
      const pale = { color: soft, fontFamily: css.fontFamily };
      const rule = { lineStyle: { color: line } };
      const number = (value) => this.number(value);
      const short = (value) => Intl.NumberFormat("en-US", { notation: "compact" }).format(value);
      const pointer = { label: { backgroundColor: soft, color: card } };
      return {
        xAxis: [
          { axisLabel: { show: false }, axisTick: { show: false }, axisLine: rule,
            axisPointer: { label: { show: false }, lineStyle: { color: soft } } },
          { name: this.zone, nameLocation: "middle", nameGap: 26, nameTextStyle: pale, axisLabel: { ...pale, hideOverlap: true, formatter: this.label }, axisLine: rule,
            axisTick: { show: false },
            axisPointer: { label: { ...pointer.label, formatter: (at) => this.full(at.value) } } },
        ],
        yAxis: [
          { axisLabel: { ...pale, formatter: this.priced() }, splitLine: rule,
            axisPointer: { label: { ...pointer.label, formatter: ({ value }) => number(value) } } },
          { axisLabel: { ...pale, show: this.traded, formatter: short, showMinLabel: false },
            splitLine: { show: false }, axisPointer: { label: { show: false } } },
        ],
        dataZoom: [{}, { borderColor: line, fillerColor: "transparent", backgroundColor: wash,
          handleStyle: { color: card, borderColor: accent }, moveHandleStyle: { color: accent },
          dataBackground: { lineStyle: { color: soft }, areaStyle: { color: line } },
          selectedDataBackground: { lineStyle: { color: accent }, areaStyle: { color: line } } }],
        series: [
          { itemStyle: { color: up, color0: down, borderColor: up, borderColor0: down },
            markLine: { symbol: "none", silent: true, animation: false,
              label: { textBorderWidth: 0 } } },
          {},
          {},
        ],
      };
    },
    label(time) {
      const [date, clock] = this.full(time).split(" ");
      if (this.step >= DAY_S) return this.step >= MONTH_S ? date.slice(0, 7) : date;
      return (this.step < 3600 ? "" : date.slice(5) + " ") + clock.slice(0, this.step < 60 ? 8 : 5);
    },
    lines() { // the last price, and where a day or a session begins
      const { accent, soft, line, card } = this.colours;
      const last = this.bars.at(-1);
      if (!last) return [];
      const turns = this.turns();
      return [
        { yAxis: last[4], lineStyle: { color: accent, type: "dashed", width: 1 },
          label: { position: "end", formatter: ({ value }) => this.number(value), color: card,
            backgroundColor: accent, padding: [4, 5], borderRadius: 3, fontSize: 12 } },
        ...turns.map((time) => (
          { xAxis: time, lineStyle: { color: line, type: "solid", width: 1 },
            label: { position: "insideEndTop", rotate: 0, distance: [-4, 6],
              formatter: this.full(time).slice(5, 10), color: soft, fontSize: 12 } })),
      ];
    },
    turns() { // after pauses; where there are none, as with currencies, at midnight
      if (this.step >= 3600) return []; // the axis names the days
      const times = this.bars.map(([time]) => new Date(time));
      const where = (begins) => this.bars.filter((_, at) => at && begins(times[at - 1], times[at]))
        .map(([time]) => time);
      const pauses = where((before, date) => date - before > (this.step + PAUSE_S) * 1000);
      const day = (date) => this.wall.format(date).slice(0, 10);
      return pauses.length ? pauses : where((before, date) => day(before) !== day(date));
    },
    number(value) {
      return value.toLocaleString("en-US",
        { minimumFractionDigits: this.digits, maximumFractionDigits: this.digits });
    },
    full(time) {
      return this.wall.format(new Date(time));
    },
  },
};
