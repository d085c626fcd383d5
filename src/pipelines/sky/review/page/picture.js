// The picture's own pixels, by OpenSeadragon: its pyramid of tiles, or its one file.
import { by } from './dom.js';
import * as marks from './marks.js';
import * as server from './server.js';

const tile = 256;

function tile_source(report) {
  const { picture } = report;
  if (!picture.tiled) return { type: 'image', url: server.file(report, picture.url) };
  const side = tile * 2 ** picture.levels;
  return {
    width: side, height: side, tileSize: tile, minLevel: 0, maxLevel: picture.levels,
    getTileUrl: (level, x, y) => server.file(report, name_of(picture.url, level, x, y)),
  };
}

const name_of = (url, level, x, y) => url.replaceAll('{1}', level).replaceAll('{2}', x).replaceAll('{3}', y);

// Tiles that the picture doesn't reach aren't asked for.
function covers(picture, level, x, y) {
  if (!picture.tiled || !picture.width) return true;
  const side = tile * 2 ** picture.levels, wide = tile * 2 ** (picture.levels - level);
  const left = Math.floor((side - picture.width) / 2), top = Math.floor((side - picture.height) / 2);
  return (x + 1) * wide > left && x * wide < left + picture.width &&
         (y + 1) * wide > top && y * wide < top + picture.height;
}

export class PictureView {
  constructor() {
    this.element = by('picture');
    this.layer = by('picture-marks');
    this.outline = true;
    this.viewer = OpenSeadragon({
      element: this.element, drawer: 'canvas', showNavigationControl: false, animationTime: 0.5,
      immediateRender: true, maxZoomPixelRatio: 16, minZoomImageRatio: 0.5, visibilityRatio: 0.3,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true }, imageLoaderLimit: 8, timeout: 20000,
      subPixelRoundingForTransparency: OpenSeadragon.SUBPIXEL_ROUNDING_OCCURRENCES.ALWAYS,  // else seams between tiles
    });
    this.viewer.innerTracker.keyHandler = null;  // the page has keys of its own
    this.viewer.innerTracker.keyDownHandler = null;
    this.viewer.addHandler('open', () => { this.fit(true); this.draw(); });
    this.viewer.addHandler('update-viewport', () => this.draw());
    this.viewer.addHandler('resize', () => this.draw());
    this.viewer.addHandler('canvas-drag', () => this.element.classList.add('held'));
    this.viewer.addHandler('canvas-drag-end', () => this.element.classList.remove('held'));
  }

  show(report) {
    this.report = report;
    this.viewer.close();
    this.layer.replaceChildren();
    by('compass').replaceChildren();
    by('picture-caption').textContent = '';
    if (!report?.picture?.url) return;
    const source = tile_source(report);
    if (report.picture.tiled) {
      const made = new OpenSeadragon.TileSource(source);
      made.getTileUrl = source.getTileUrl;
      const within = made.tileExists.bind(made);
      made.tileExists = (level, x, y) => within(level, x, y) && covers(report.picture, level, x, y);
      this.viewer.open(made);
    } else {
      this.viewer.open(source);
    }
    if (report.sky) marks.draw_compass(by('compass'), report.sky.north, report.sky.east);
  }

  // The picture without the empty border of its square, in the viewport's coordinates.
  bounds() {
    const { picture } = this.report, item = this.viewer.world.getItemAt(0);
    if (!item || !picture.tiled || !picture.width) return item ? item.getBounds() : null;
    const side = tile * 2 ** picture.levels;
    const left = Math.floor((side - picture.width) / 2), top = Math.floor((side - picture.height) / 2);
    return new OpenSeadragon.Rect(left / side, top / side, picture.width / side, picture.height / side);
  }

  fit(at_once = false) {
    const bounds = this.report && this.bounds();
    if (!bounds) return;
    const margin = 0.04 * Math.max(bounds.width, bounds.height);
    this.viewer.viewport.fitBounds(new OpenSeadragon.Rect(bounds.x - margin, bounds.y - margin,
      bounds.width + 2 * margin, bounds.height + 2 * margin), at_once);
  }

  one_to_one() {
    const item = this.viewer.world.getItemAt(0);
    if (item) this.viewer.viewport.zoomTo(item.imageToViewportZoom(1 / (window.devicePixelRatio || 1)));
  }

  draw() {
    const size = marks.prepare(this.layer, this.element), bounds = this.report && this.bounds();
    if (!bounds) return;
    const at = (x, y) => this.viewer.viewport.pixelFromPoint(new OpenSeadragon.Point(x, y), true);
    const right = bounds.x + bounds.width, bottom = bounds.y + bounds.height;
    if (this.outline)
      marks.draw_outline(this.layer, [at(bounds.x, bounds.y), at(right, bounds.y), at(right, bottom), at(bounds.x, bottom)], size);
    const item = this.viewer.world.getItemAt(0);
    const percent = item.viewportToImageZoom(this.viewer.viewport.getZoom(true)) * 100 * (window.devicePixelRatio || 1);
    by('picture-caption').textContent = `${percent < 10 ? percent.toFixed(1) : percent.toFixed(0)} %`;
  }
}
