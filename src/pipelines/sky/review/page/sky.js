// The picture's place on the sky, drawn by WorldWide Telescope's own engine. The engine runs by itself ("freestanding"):
// what it needs comes from this server, and frames are drawn only while something moves or loads.
import { by, el, svg } from './dom.js';
import * as marks from './marks.js';
import * as server from './server.js';

const radian = Math.PI / 180;
const zoom_in_radians = 343.774;  // the engine's zoom of a window one radian high
const frames_after = 600;         // milliseconds that are still drawn when nothing moves any more
const longest_wait = 15000;       // for tiles
const around = 1.3;               // of the sky is seen, in sizes of the picture

let engine = null;  // a promise; the engine is loaded when the sky is first looked at

function load_engine() {
  return new Promise((resolve, reject) => {
    const script = el('script', { src: 'viewer/index.js' });
    script.onload = resolve;
    script.onerror = () => reject(new Error("WorldWide Telescope's engine couldn't be loaded."));
    document.head.append(script);
  });
}

async function start_engine() {
  await load_engine();
  const builder = new wwtlib.WWTControlBuilder('sky');
  builder.freestandingMode(new URL('engine', document.baseURI).href);
  builder.startRenderLoop(false);
  const control = wwtlib.WWTControl.singleton;
  control.freestandingMode = true;  // before it is made: the builder sets another variable of that name
  builder.create();
  for (const part of ['ConstellationBoundries', 'ConstellationFigures', 'ConstellationLabels', 'Crosshairs', 'Grid'])
    wwtlib.Settings.get_active()[`set_show${part}`](false);
  if (!control.renderContext.gl) throw new Error('This browser offers no WebGL, which the sky needs.');
  return control;
}

const load_place = (address) => new Promise((resolve, reject) => {
  const folder = wwtlib.Wtml.getWtmlFile(address, () => {
    const place = folder.get_children()?.[0];
    if (place?.get_studyImageset?.()) resolve(place);
    else reject(new Error('WorldWide Telescope finds no image in this WTML.'));
  });
});

// Where the camera looks, and the way from the sky to the screen: the engine's perspective is a tangential projection.
class Camera {
  constructor(view, size) {  // view: ra, dec in degrees; roll, height in radians
    Object.assign(this, view);
    this.size = size;
    this.unit = size.height / 2 / Math.tan(this.height / 2);  // pixels
  }

  static of(control, size) {
    const view = control.renderContext.viewCamera;
    return new Camera({ ra: view.get_RA() * 15, dec: view.lat, roll: view.rotation, height: view.zoom / zoom_in_radians }, size);
  }

  point(ra, dec) {
    const a = (ra - this.ra) * radian, d = dec * radian, d0 = this.dec * radian;
    const cos = Math.sin(d0) * Math.sin(d) + Math.cos(d0) * Math.cos(d) * Math.cos(a);
    if (cos < 0.02) return null;
    const x = -(Math.cos(d) * Math.sin(a)) / cos;
    const y = (Math.cos(d0) * Math.sin(d) - Math.sin(d0) * Math.cos(d) * Math.cos(a)) / cos;
    const c = Math.cos(this.roll), s = Math.sin(this.roll);
    return { x: this.size.width / 2 + (x * c + y * s) * this.unit,
             y: this.size.height / 2 - (y * c - x * s) * this.unit };
  }
}

// Steps that people expect: of declination in degrees, of right ascension in degrees of 15 to the hour.
const dec_steps = [30, 20, 10, 5, 2, 1, 30 / 60, 20 / 60, 10 / 60, 5 / 60, 2 / 60, 1 / 60, 30 / 3600, 20 / 3600, 10 / 3600,
  5 / 3600, 2 / 3600, 1 / 3600, 0.5 / 3600, 0.2 / 3600, 0.1 / 3600];
const ra_steps = [30, 15, 7.5, 5, 2.5, 1.25, 0.5, 0.25, ...[30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01]
  .map((seconds) => (seconds * 15) / 3600)];
const step_for = (steps, wanted) => steps.find((step) => step <= wanted) ?? steps.at(-1);

function trimmed(value, step, unit, signs) {
  const sign = value < 0 ? '−' : unit === 'd' && value > 0 ? '+' : '';
  const digits = step * 3600 / (unit === 'h' ? 15 : 1) < 0.99 ? 2 : 0;
  const scale = 10 ** digits;
  const seconds = Math.round(Math.abs(unit === 'h' ? value / 15 : value) * 3600 * scale) / scale;
  const two = (part, i) => (i ? String(part).padStart(digits && i === 2 ? digits + 3 : 2, '0') : part);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, (seconds % 60).toFixed(digits)].map(two);
  const smallest = step / (unit === 'h' ? 15 : 1);
  const count = smallest >= 0.999 ? 1 : smallest >= 0.0166 ? 2 : 3;
  return sign + parts.slice(0, count).map((part, i) => `${part}${signs[i]}`).join(' ');
}

function draw_grid(layer, camera) {
  const { size } = camera, tall = camera.height / radian, wide = tall * Math.max(1, size.width / size.height);
  const dec_step = step_for(dec_steps, tall / 3), cos = Math.max(Math.cos(camera.dec * radian), 0.02);
  const pole_is_near = Math.abs(camera.dec) + wide * 0.7 > 89;
  const ra_step = pole_is_near ? 15 : step_for(ra_steps, wide / 4 / cos);
  const ra_half = pole_is_near ? 180 : Math.min(180, (wide / cos) * 0.9 + ra_step);
  const dec_from = Math.max(-90, camera.dec - wide * 0.8), dec_to = Math.min(90, camera.dec + wide * 0.8);

  const line = (count, at) => {
    let path = '', on = false;
    for (let i = 0; i <= count; ++i) {
      const p = at(i / count);
      if (p && Math.abs(p.x) < 20000 && Math.abs(p.y) < 20000) path += `${on ? 'L' : 'M'}${p.x.toFixed(1)} ${p.y.toFixed(1)}`;
      on = p !== null;
    }
    layer.append(svg('path', { d: path, class: 'grid' }));
  };
  const label = (p, above_border, text) => {
    if (p && p.x > 4 && p.x < size.width - 60 && p.y > 16 && p.y < size.height - above_border)
      layer.append(svg('text', { x: p.x + 4, y: p.y - 4, class: 'grid-name' }, text));
  };
  for (let i = Math.ceil(dec_from / dec_step); i * dec_step <= dec_to; ++i) {
    const dec = i * dec_step;
    if (Math.abs(dec) > 89.99) continue;
    line(64, (t) => camera.point(camera.ra - ra_half + 2 * ra_half * t, dec));
    label(left_edge(camera, dec, ra_half), 26, trimmed(dec, dec_step, 'd', ['°', '′', '″']));
  }
  for (let i = Math.ceil((camera.ra - ra_half) / ra_step); i * ra_step <= camera.ra + ra_half; ++i) {
    const ra = i * ra_step;
    line(48, (t) => camera.point(ra, dec_from + (dec_to - dec_from) * t));
    label(lower_edge(camera, ra, dec_from, dec_to), 4, trimmed(((ra % 360) + 360) % 360, ra_step, 'h', ['h', 'm', 's']));
  }
}

function left_edge(camera, dec, ra_half) {
  for (let t = 0; t <= 1; t += 1 / 200) {
    const p = camera.point(camera.ra + ra_half - 2 * ra_half * t, dec);
    if (p && p.x >= 6 && p.x < camera.size.width / 3) return p;
  }
  return null;
}

function lower_edge(camera, ra, from, to) {
  for (let t = 0; t <= 1; t += 1 / 200) {
    const p = camera.point(ra, from + (to - from) * t);
    if (p && p.y <= camera.size.height - 6 && p.y > (camera.size.height * 2) / 3) return p;
  }
  return null;
}

const angle_text = (degrees) =>
  degrees >= 1 ? `${degrees.toFixed(2)}°` : degrees >= 1 / 60 ? `${(degrees * 60).toFixed(2)}′` : `${(degrees * 3600).toPrecision(3)}″`;

export class SkyView {
  constructor() {
    this.element = by('sky');
    this.layer = by('sky-marks');
    this.outline = this.grid = true;
    this.until = 0;
    this.is_running = false;
    for (const kind of ['pointerdown', 'pointermove', 'wheel', 'touchmove', 'dblclick'])
      this.element.addEventListener(kind, () => this.wake(), { passive: true });
    new ResizeObserver(() => { if (this.is_fitted()) this.fit(); else this.wake(); }).observe(this.element);
    // The engine takes the menu of the whole window away; only the sky's is its own.
    document.addEventListener('contextmenu', (event) => { if (!event.target.closest('#sky')) event.stopPropagation(); });
  }

  camera_text() {
    const view = this.control.renderContext.targetCamera;
    return [view.get_RA(), view.lat, view.zoom, view.rotation].join();
  }

  // Nobody has moved it since.
  is_fitted() { return !!this.placed && this.is_seen() && this.fitted === this.camera_text(); }

  is_seen() { return this.element.clientWidth > 0 && this.element.clientHeight > 0; }

  // Shows it when the view is seen; else when it comes to be.
  async show(report) {
    this.report = report;
    this.placed = null;
    this.layer.replaceChildren();
    this.say('');
    by('sky-caption').textContent = '';
    if (this.control) this.control.renderContext.set_foregroundImageset(null);
    if (!report || report.problem || !this.is_seen()) return;
    try {
      engine ??= start_engine();
      if (!this.control) this.say("Starting WorldWide Telescope's engine …");
      this.control = await engine;
      if (this.report !== report) return;
      const place = await load_place(server.wtml(report));
      if (this.report !== report) return;
      this.say('');
      this.placed = place;
      this.control.gotoTarget(place, false, true, false);
      this.fade(this.opacity ?? 100);
      this.fit();
    } catch (error) {
      if (this.report === report) this.say(error.message);
    }
  }

  revealed() {
    if (this.report && !this.placed) this.show(this.report);
    else this.wake();
  }

  say(text) {
    by('sky-message').textContent = text;
    by('sky-message').hidden = !text;
  }

  fade(opacity) {
    this.opacity = opacity;
    if (!this.control) return;
    this.control.renderContext.viewCamera.opacity = opacity;
    this.control.renderContext.targetCamera.opacity = opacity;
    this.wake();
  }

  // In radians: all four corners and some sky around them.
  height_that_fits() {
    const size = { width: this.element.clientWidth, height: this.element.clientHeight }, { sky } = this.report;
    if (!sky) return 60 * radian;
    const camera = new Camera({ ra: sky.centre.ra, dec: sky.centre.dec, roll: 0, height: 1 }, size);
    const corners = sky.corners.map((corner) => camera.point(corner.ra, corner.dec));
    if (corners.some((corner) => corner === null)) return 60 * radian;
    const parts = corners.map((p) => Math.max(Math.abs(p.x - size.width / 2) / (size.width / 2),
                                              Math.abs(p.y - size.height / 2) / (size.height / 2)));
    return Math.min(2 * Math.atan(Math.tan(0.5) * Math.max(...parts) * around), 60 * radian);
  }

  fit() {
    if (!this.placed) return;
    const { sky, view } = this.report, at = sky ? sky.centre : view;
    const zoom = Math.max(this.height_that_fits() * zoom_in_radians, 0.0015);
    this.control.gotoRADecZoom(at.ra / 15, at.dec, zoom, true, 0);
    this.fitted = this.camera_text();
    this.fade(this.opacity ?? 100);
  }

  wake() {
    this.until = performance.now() + frames_after;
    if (this.is_running || !this.control || !this.is_seen()) return;
    this.is_running = true;
    this.moved = performance.now();
    requestAnimationFrame(() => this.frame());
  }

  // The camera glides to where it was sent; what can't be seen of that is no movement.
  seen_state() {
    const view = this.control.renderContext.viewCamera, fine = 5000, unit = fine / (view.zoom / zoom_in_radians / radian);
    const camera = [view.get_RA() * 15 * unit, view.lat * unit, Math.log(view.zoom) * fine, view.rotation * fine];
    return [...camera.map(Math.round), wwtlib.TileCache.get_queueCount()].join();
  }

  frame() {
    const now = performance.now();
    this.control.renderOneFrame();
    this.draw();
    const state = this.seen_state();
    if (state !== this.state) this.moved = now;
    this.state = state;
    const is_loading = wwtlib.TileCache.get_queueCount() > 0 && now - this.moved < longest_wait;
    if (this.is_seen() && (now < this.until || now - this.moved < frames_after || is_loading)) {
      requestAnimationFrame(() => this.frame());
    } else {
      this.is_running = false;
    }
    document.documentElement.dataset.sky = this.is_running || is_loading ? 'moving' : this.placed ? 'still' : 'empty';
  }

  draw() {
    const size = marks.prepare(this.layer, this.element), camera = Camera.of(this.control, size);
    if (this.grid) draw_grid(this.layer, camera);
    const corners = this.report?.sky?.corners.map((corner) => camera.point(corner.ra, corner.dec));
    if (corners && this.outline && this.placed) marks.draw_outline(this.layer, corners, size);
    by('sky-caption').textContent = `${angle_text(camera.height / radian)} high`;
  }

  // For whoever checks the drawing: where corners are on the screen, by our projection and by the engine's.
  corners() {
    const size = { width: this.element.clientWidth, height: this.element.clientHeight };
    const camera = Camera.of(this.control, size);
    return this.report.sky.corners.map((corner) => ({
      ours: camera.point(corner.ra, corner.dec),
      engine: this.control.getScreenPointForCoordinates(corner.ra / 15, corner.dec),
    }));
  }
}
