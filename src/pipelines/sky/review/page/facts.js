// The numbers and words of an image, and what should be noticed about them.
import { el, link } from './dom.js';
import { constellations } from './constellations.js';
import { sky_map } from './map.js';

const projections = { Tan: 'tangential, tiled', SkyImage: 'tangential, one file', Toast: 'TOAST', Healpix: 'HEALPix' };
const grades = { stop: 'Stop', look: 'Look', note: 'Note' };

const section = (title, ...children) => el('section', {}, el('h3', {}, title), ...children);
const row = (name, ...value) => el('div', { class: 'row' }, el('dt', {}, name), el('dd', {}, ...value));
const number = (value, digits) => value.toFixed(digits).replace('-', '−');

export function remark_list(remarks) {
  return remarks.map((remark) => el('li', { class: remark.grade },
    el('span', { class: 'grade' }, grades[remark.grade]), el('div', {}, el('b', {}, remark.text), remark.hint && el('p', {}, remark.hint))));
}

function remarks_of(report) {
  if (!report.remarks?.length) return el('p', { class: 'fine' }, 'Nothing to remark.');
  return el('ul', { class: 'remarks' }, ...remark_list(report.remarks));
}

function constellation_of(report) {
  const code = report.constellation || report.constellation_here || '';
  const name = constellations[code.toUpperCase()];
  return name ? `${name} (${code})` : code || '–';
}

function position_of(report) {
  const { sky } = report;
  if (!sky) {
    const whole = ['Toast', 'Healpix'].includes(report.projection);
    return section('Position', el('p', { class: 'quiet' }, whole ? 'It covers the whole sky.' : 'It can’t be told.'));
  }
  return section('Position', sky_map(sky.centre),
    el('dl', {},
      row('Centre', el('span', { class: 'sexa' }, sky.centre.ra_text), el('br'), el('span', { class: 'sexa' }, sky.centre.dec_text),
        el('span', { class: 'degrees' }, `${number(sky.centre.ra, 6)}°  ${number(sky.centre.dec, 6)}°`)),
      row('In', constellation_of(report)),
      row('Covers', `${sky.width_text} × ${sky.height_text}`),
      row('Scale', `${sky.scale.toPrecision(4)}″ a pixel`),
      row('North', `${number(sky.north > 180 ? sky.north - 360 : sky.north, 2)}° from up`),
      row('Parity', sky.bottom_up ? 'of FITS, rows go upwards' : 'of the sky, east left of north'),
      row('Projection', projections[report.projection] ?? report.projection)));
}

function corners_of({ sky }) {
  if (!sky) return null;
  const rows = sky.corners.map((corner, i) => el('tr', {}, el('th', {}, 'ABCD'[i]),
    el('td', {}, el('span', { class: 'sexa' }, corner.ra_text), el('span', { class: 'degrees' }, `${number(corner.ra, 5)}°`)),
    el('td', {}, el('span', { class: 'sexa' }, corner.dec_text), el('span', { class: 'degrees' }, `${number(corner.dec, 5)}°`))));
  return section('Corners', el('table', { class: 'corners' }, el('tbody', {}, ...rows)));
}

function pixels_of({ picture, sky }) {
  if (!picture) return null;
  const size = picture.width ? `${picture.guess ? 'about ' : ''}${picture.width} × ${picture.height}` : 'unknown';
  return section('Pixels', el('dl', {}, row('Size', size),
    picture.tiled ? row('Tiles', `${picture.tiles - picture.missing} of ${picture.tiles}, levels 0 to ${picture.levels}`) : row('Tiles', 'none: one file'),
    sky && row('Reference', `${number(sky.reference[0], 2)}, ${number(sky.reference[1], 2)}`)));
}

function words_of(report) {
  const text = (value) => (value ? value : el('span', { class: 'quiet' }, 'none'));
  return section('Words', el('dl', { class: 'words' }, row('Name', text(report.title)), row('Credits', text(report.credits)),
    row('Page', report.credits_url ? link(report.credits_url) : text('')), row('Description', text(report.description)),
    report.last_updated && row('Updated', report.last_updated)));
}

// Coloured by its tokens; all of it text.
function coloured(source) {
  const code = el('code', {});
  let at = 0;
  for (const found of source.matchAll(/(<[/?]?)([\w:.-]+)|([\w:.-]+)(=)("[^"]*"|'[^']*')/g)) {
    code.append(source.slice(at, found.index));
    if (found[2]) code.append(found[1], el('span', { class: 'tag' }, found[2]));
    else code.append(el('span', { class: 'name' }, found[3]), found[4], el('span', { class: 'value' }, found[5]));
    at = found.index + found[0].length;
  }
  code.append(source.slice(at));
  return code;
}

function wtml_of({ wtml }) {
  return wtml && el('details', { id: 'wtml' }, el('summary', {}, 'WTML ', el('kbd', {}, 'w')), el('pre', {}, coloured(wtml)));
}

function problem_of({ problem }) {
  return el('ul', { class: 'remarks' }, el('li', { class: 'stop' }, el('span', { class: 'grade' }, 'Stop'),
    el('div', {}, el('b', {}, problem.text), el('p', {}, [problem.where, problem.hint].filter(Boolean).join(' – ')))));
}

export function facts_of(report) {
  const parts = report.problem ? [section('Remarks', problem_of(report)), wtml_of(report)]
    : [section('Remarks', remarks_of(report)), position_of(report), corners_of(report), pixels_of(report), words_of(report), wtml_of(report)];
  return parts.filter(Boolean);
}
