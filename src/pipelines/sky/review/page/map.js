// Where on the whole sky: a small map in Mollweide's projection, with the Milky Way and the ecliptic.
import { svg } from './dom.js';

const radian = Math.PI / 180;
const width = 200, height = 100;

function mollweide(ra, dec) {
  let theta = dec * radian;
  const wanted = Math.PI * Math.sin(theta);
  if (Math.abs(dec) < 89.9)
    for (let i = 0; i < 8; ++i) theta -= (2 * theta + Math.sin(2 * theta) - wanted) / (2 + 2 * Math.cos(2 * theta));
  const east = (((ra + 180) % 360) + 360) % 360 - 180;  // 0h in the middle, east to the left
  return { x: -(east / 180) * Math.cos(theta) * (width / 2), y: -Math.sin(theta) * (height / 2), east };
}

// Points of a great circle whose pole is at (ra, dec).
function circle(pole_ra, pole_dec) {
  const points = [], d = pole_dec * radian, a = pole_ra * radian;
  for (let i = 0; i <= 180; ++i) {
    const t = i * 2 * radian;
    const u = [-Math.sin(a), Math.cos(a), 0], v = [-Math.sin(d) * Math.cos(a), -Math.sin(d) * Math.sin(a), Math.cos(d)];
    const p = u.map((value, k) => value * Math.cos(t) + v[k] * Math.sin(t));
    points.push({ ra: Math.atan2(p[1], p[0]) / radian, dec: Math.asin(Math.max(-1, Math.min(1, p[2]))) / radian });
  }
  return points;
}

function path(points) {
  let text = '', last = null;
  for (const point of points) {
    const p = mollweide(point.ra, point.dec);
    text += `${last !== null && Math.abs(p.east - last) < 90 ? 'L' : 'M'}${p.x.toFixed(2)} ${p.y.toFixed(2)}`;
    last = p.east;
  }
  return text;
}

const range = (from, to, step) => Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

export function sky_map(centre) {
  const map = svg('svg', { class: 'sky-map', viewBox: '-103 -53 206 106', role: 'img', 'aria-label': 'On the whole sky' });
  map.append(svg('ellipse', { rx: width / 2, ry: height / 2, class: 'map-sky' }));
  for (const dec of [-60, -30, 0, 30, 60])
    map.append(svg('path', { d: path(range(-179.99, 179.99, 359.98).map((ra) => ({ ra, dec }))
      .flatMap((p, i, all) => (i ? [] : range(-179.99, 180, 5.999).map((ra) => ({ ra, dec: p.dec }))))), class: 'map-grid' }));
  for (const ra of range(-120, 120, 60))
    map.append(svg('path', { d: path(range(-90, 90, 5).map((dec) => ({ ra, dec }))), class: 'map-grid' }));
  map.append(svg('path', { d: path(circle(192.859, 27.128)), class: 'map-galaxy' }));
  map.append(svg('path', { d: path(circle(270, 66.561)), class: 'map-ecliptic' }));
  if (centre) {
    const p = mollweide(centre.ra, centre.dec);
    map.append(svg('circle', { cx: p.x, cy: p.y, r: 6, class: 'map-ring' }), svg('circle', { cx: p.x, cy: p.y, r: 2, class: 'map-here' }));
  }
  return map;
}
