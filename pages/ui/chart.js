// One chart, drawn anew by plotly's react whenever the data change, with the theme's colours. What the reader zoomed to
// and hid in the legend is kept here: plotly would drop a zoom whenever the figure comes with another range of its own.
const load = () => (window.__marginscopePlotly ??= new Promise((done, failed) => {
  const script = document.createElement('script');
  script.src = new URL('app/static/plotly.min.js', document.baseURI).href;
  script.onload = () => done(window.Plotly);
  script.onerror = () => failed(new Error('the chart library did not load'));
  document.head.append(script);
}));

const NARROW = 560;
const TWICE = 300; // milliseconds between the clicks of a double click

function colours(element) {
  const css = getComputedStyle(element);
  const theme = (name) => css.getPropertyValue(`--st-${name}`).trim();
  const named = {
    text: theme('text-color'), muted: theme('gray-color'), grid: theme('border-color'),
    paper: theme('background-color'), up: theme('gray-color'), down: theme('border-color'),
  };
  theme('chart-categorical-colors').split(',').forEach((colour, i) => { named[i] = colour.trim(); });
  return { named, font: theme('font') };
}

// '@3' is the theme's colour 3, '@3~40' that colour with 40 % of its strength on the paper.
function colour(mark, named) {
  const [name, share] = mark.slice(1).split('~');
  if (!(name in named)) return mark;
  return share === undefined ? named[name] : mixed(named[name], named.paper, Number(share) / 100);
}

function mixed(one, other, share) {
  const [a, b] = [one, other].map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const parts = a.map((part, i) => Math.round(part * share + b[i] * (1 - share)));
  return parts.some(Number.isNaN) ? one : `rgb(${parts.join(',')})`;
}

function painted(value, named) {
  if (typeof value === 'string') return value[0] === '@' ? colour(value, named) : value;
  if (Array.isArray(value)) return value.map((one) => painted(one, named));
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, painted(one, named)]));
  }
  return value;
}

function themed(figure, element, narrow) {
  const { named, font } = colours(element);
  const { data, layout } = painted(figure, named);
  const merged = narrow ? { ...layout, ...painted(figure.narrow ?? {}, named) } : layout;
  const axis = { gridcolor: named.grid, linecolor: named.grid, tickcolor: named.grid, zerolinecolor: named.grid };
  const axes = Object.fromEntries(Object.keys(merged).filter((key) => /^[xy]axis\d*$/.test(key))
    .map((key) => [key, { ...axis, automargin: false, ...merged[key], ...(narrow && key === 'xaxis' ? { nticks: 5 } : {}) }]));
  return {
    data,
    layout: {
      ...merged, ...axes, autosize: true, paper_bgcolor: named.paper, plot_bgcolor: named.paper,
      font: { family: font, color: named.text, ...merged.font },
      hoverlabel: { bgcolor: named.paper, bordercolor: named.grid, ...merged.hoverlabel,
        font: { color: named.text, ...(merged.hoverlabel?.font ?? {}) } },
      modebar: { bgcolor: 'rgba(0,0,0,0)', color: named.muted, activecolor: named.text },
    },
  };
}

// What the reader chose, for as long as the figure has one revision: ranges by axis, and what of the legend is hidden.
function kept(box, revision) {
  if (box.__kept?.revision !== revision) box.__kept = { revision, ranges: {}, hidden: new Set() };
  return box.__kept;
}

const inLegend = (trace) => trace.legendgroup ?? trace.name;

// Axes get another revision at every draw, so that plotly takes the ranges from here and never those of its own memory.
function asLeft(data, layout, { ranges, hidden }, turn) {
  for (const key of Object.keys(layout)) {
    if (/^[xy]axis\d*$/.test(key)) Object.assign(layout[key], { uirevision: turn }, ranges[key] && { range: [...ranges[key]], autorange: false });
  }
  for (const trace of data) {
    if (hidden.has(inLegend(trace))) trace.visible = 'legendonly';
  }
}

function remember(box, change) {
  const { ranges } = box.__kept;
  for (const key of Object.keys(change)) {
    const axis = /^([xy]axis\d*)\.range/.exec(key)?.[1];
    if (axis) ranges[axis] = [...box.layout[axis].range];
  }
}

function rememberHidden(box) {
  box.__kept.hidden = new Set(box.data.filter(({ visible }) => visible === 'legendonly').map(inLegend));
}

function zoomedOut(box) {
  clearTimeout(box.__click);
  box.__zoomedOut = performance.now();
  box.__kept.ranges = {};
  redraw(box);
}

// Where a double click would zoom out again, a click waits until it is sure to be a single one.
function clicked(box, event) {
  clearTimeout(box.__click);
  if (performance.now() - box.__zoomedOut < TWICE) return;
  const patience = Object.keys(box.__kept.ranges).length ? TWICE : 0;
  if (patience) box.__click = setTimeout(box.__clicked, patience, event); else box.__clicked(event);
}

const HEARD = {
  plotly_relayout: remember, plotly_restyle: rememberHidden, plotly_doubleclick: zoomedOut, plotly_click: clicked,
};

function listen(box) {
  for (const [name, heard] of Object.entries(HEARD)) {
    box.removeAllListeners(name);
    if (name !== 'plotly_click' || box.__clicked) box.on(name, (event) => heard(box, event));
  }
}

const config = (name, Plotly) => ({
  displaylogo: false, showSendToCloud: false, displayModeBar: 'hover', scrollZoom: false, responsive: false, doubleClick: false,
  doubleClickDelay: TWICE, modeBarButtonsToRemove: ['select2d', 'lasso2d', 'autoScale2d', 'resetScale2d'],
  modeBarButtonsToAdd: [{ name: 'zoomed out', title: 'Reset axes', icon: Plotly.Icons.home, click: zoomedOut }],
  toImageButtonOptions: { format: 'png', scale: 2, filename: name },
});

// What is on screen is drawn first; the rest follows once that has been painted.
function inView(box) {
  const { top, bottom } = box.getBoundingClientRect();
  return top < window.innerHeight && bottom > 0;
}

const nextFrame = () => new Promise((done) => {
  requestAnimationFrame(() => setTimeout(done));
  setTimeout(done, 200);
});

async function draw(box) {
  const Plotly = await load();
  if (!inView(box)) await nextFrame();
  if (!box.isConnected || !box.clientWidth) return;
  const { figure, name } = box.__asked;
  const { data, layout } = themed(figure, box, box.clientWidth < NARROW);
  asLeft(data, layout, kept(box, figure.layout.uirevision), Number(box.dataset.drawn ?? 0));
  await Plotly.react(box, data, layout, config(name, Plotly));
  listen(box);
  box.dataset.drawn = String(Number(box.dataset.drawn ?? 0) + 1);
}

const FAILED = 'The chart could not be drawn; move a control to draw it again.';

// One redraw runs at a time; of what is asked meanwhile only the latest is drawn, after it. A picture that broke is
// cleared and drawn once more before anything is said.
async function redraw(box) {
  box.__pending = true;
  if (box.__running) return;
  box.__running = true;
  while (box.__pending) {
    box.__pending = false;
    const done = await attempt(box) || await attempt(box);
    say(box, done ? '' : FAILED);
  }
  box.__running = false;
  if (box.__gone) clear(box);
}

async function attempt(box) {
  try {
    await draw(box);
    return true;
  } catch (problem) {
    console.warn('marginscope chart', problem);
    clear(box);
    return false;
  }
}

function clear(box) {
  try { window.Plotly?.purge(box); } catch { /* half a picture */ }
  box.replaceChildren();
}

function say(box, text) {
  const note = box.parentElement?.querySelector('.chart-failed');
  if (note) { note.textContent = text; note.hidden = !text; }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const box = parentElement.querySelector('.chart');
  box.style.height = `${data.height}px`;
  box.setAttribute('role', 'figure');
  box.setAttribute('aria-label', data.alt);
  box.__asked = { figure: JSON.parse(data.figure), name: data.name };
  box.__clicked = data.clicks
    ? ({ points: [point] }) => setTriggerValue('clicked', { x: Number(point.x), y: Number(point.y) }) : null;
  box.__gone = false;
  redraw(box);
  if (!box.__watch) {
    let width = box.clientWidth;
    box.__watch = new ResizeObserver(() => {
      if (box.clientWidth !== width) { width = box.clientWidth; redraw(box); }
    });
    box.__watch.observe(box);
  }
  return () => {
    box.__watch?.disconnect();
    box.__watch = undefined;
    box.__gone = true;
    setTimeout(() => { if (box.__gone && !box.__running) clear(box); });
  };
}
