// What is drawn over both views in the same way: the outline of the picture with its corners, and the compass.
import { svg } from './dom.js';

const names = ['A', 'B', 'C', 'D'];

// corners: four points on the screen, or null where one can't be seen.
export function draw_outline(layer, corners, size) {
  if (corners.some((corner) => corner === null)) return;
  const middle = { x: corners.reduce((sum, c) => sum + c.x, 0) / 4, y: corners.reduce((sum, c) => sum + c.y, 0) / 4 };
  const points = corners.map((c) => `${c.x.toFixed(1)},${c.y.toFixed(1)}`).join(' ');
  layer.append(svg('polygon', { points, class: 'outline-shade' }), svg('polygon', { points, class: 'outline' }));
  corners.forEach((corner, i) => {
    const dx = corner.x - middle.x, dy = corner.y - middle.y, length = Math.hypot(dx, dy) || 1;
    const x = Math.min(Math.max(corner.x + (dx / length) * 14, 12), size.width - 12);
    const y = Math.min(Math.max(corner.y + (dy / length) * 14, 12), size.height - 12);
    layer.append(svg('circle', { cx: corner.x, cy: corner.y, r: 2.5, class: 'corner' }),
                 svg('text', { x, y, class: 'corner-name' }, names[i]));
  });
}

// north, east: degrees from up, clockwise.
export function draw_compass(layer, north, east) {
  layer.replaceChildren();
  const arm = (degrees, length, name, kind) => {
    const angle = (degrees * Math.PI) / 180, x = Math.sin(angle), y = -Math.cos(angle);
    layer.append(svg('line', { x1: 0, y1: 0, x2: x * length, y2: y * length, class: `arm ${kind}` }));
    if (kind === 'north') {
      const tip = [[x * 32, y * 32], [x * 22 - y * 4.5, y * 22 + x * 4.5], [x * 22 + y * 4.5, y * 22 - x * 4.5]];
      layer.append(svg('polygon', { points: tip.map((p) => p.map((v) => v.toFixed(2)).join(',')).join(' '), class: 'tip' }));
    }
    layer.append(svg('text', { x: x * 41, y: y * 41, class: `arm-name ${kind}` }, name));
  };
  layer.append(svg('circle', { r: 49, class: 'disc' }));
  arm(east, 24, 'E', 'east');
  arm(north, 26, 'N', 'north');
  layer.append(svg('circle', { r: 2, class: 'hub' }));
}

export function prepare(layer, element) {
  const size = { width: element.clientWidth, height: element.clientHeight };
  layer.setAttribute('viewBox', `0 0 ${size.width} ${size.height}`);
  layer.replaceChildren();
  return size;
}
