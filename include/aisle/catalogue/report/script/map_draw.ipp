#pragma once

#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// Part of the page's script.
AISLE_API std::string_view map_draw_script() {
  return R"js(
// Two ways to draw points: WebGL, and a canvas where there is none. Both take places [x, y, z], colours [r, g, b, a]
// and whether a point is lit (what filters leave), and draw for a camera.
const vertex_source = `
attribute vec3 place; attribute vec4 tint; attribute float lit;
uniform vec4 turn; uniform vec2 middle, scale; uniform float size;
varying vec4 ink;
void main() {
  float x = turn.x * place.x + turn.y * place.z, z = turn.x * place.z - turn.y * place.x;
  float y = turn.z * place.y - turn.w * z, depth = turn.w * place.y + turn.z * z;
  gl_Position = vec4((vec2(x, y) - middle) * scale, clamp((lit > 0.5 ? 0.0 : 0.5) - 0.2 * depth, -0.9, 0.9), 1.0);
  gl_PointSize = size * (lit > 0.5 ? 1.0 + 0.25 * depth * abs(turn.y) : 0.7);
  ink = tint;
}`;
const fragment_source = `
precision mediump float; varying vec4 ink;
void main() {
  float r = length(gl_PointCoord - 0.5);
  if (r > 0.5) discard;
  gl_FragColor = vec4(ink.rgb, ink.a * smoothstep(0.5, 0.42, r));
}`;
const sprite_vertex = `
attribute vec2 at; attribute vec2 from; uniform float size; varying vec2 corner;
void main() { gl_Position = vec4(at, 0.0, 1.0); gl_PointSize = size; corner = from; }`;
const sprite_fragment = `
precision mediump float; uniform sampler2D sheet; uniform vec2 share; varying vec2 corner;
void main() { gl_FragColor = texture2D(sheet, corner + gl_PointCoord * share); }`;

const gl_renderer = (canvas) => {
  const gl = canvas.getContext('webgl', {antialias: false, preserveDrawingBuffer: true, alpha: true});
  if (!gl) return null;
  const program = (vertex, fragment) => {
    const out = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(out, shader);
    }
    gl.linkProgram(out);
    return gl.getProgramParameter(out, gl.LINK_STATUS) ? out : null;
  };
  const points = program(vertex_source, fragment_source), sprites = program(sprite_vertex, sprite_fragment);
  if (!points || !sprites) return null;
  const buffers = {};
  const attribute = (of, key, size, type, normalised) => {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffers[key] ||= gl.createBuffer());
    const place = gl.getAttribLocation(of, key);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, size, type, normalised, 0, 0);
  };
  const fill = (key, values, how) => {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffers[key] ||= gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, values, how || gl.STATIC_DRAW);
  };
  const uniform = (of, key) => gl.getUniformLocation(of, key);
  const textures = [];
  const texture = (k) => {
    if (textures[k] || !sheet(k).done) return textures[k];
    textures[k] = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, textures[k]);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, sheet(k).image);
    for (const [key, value] of [[gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, gl.LINEAR],
      [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE]]) gl.texParameteri(gl.TEXTURE_2D, key, value);
    return textures[k];
  };
  let count = 0;
  gl.enable(gl.BLEND);
  gl.blendFuncSeparate(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  gl.depthFunc(gl.LEQUAL);
  const draw_sprites = (camera, visible, size) => {
    gl.disable(gl.DEPTH_TEST);
    gl.useProgram(sprites);
    const groups = new Map();
    for (const v of visible) {
      const [k, x, y] = tile_at(tile[v.i]);
      if (!groups.has(k)) groups.set(k, []);
      groups.get(k).push(v.x / camera.width * 2 - 1, 1 - v.y / camera.height * 2, x, y);
    }
    for (const [k, list] of groups) {
      if (!texture(k)) { sheet(k).ready.then(camera.again); continue; }
      const image = sheet(k).image, at = [], from = [];
      for (let n = 0; n < list.length; n += 4) {
        at.push(list[n], list[n + 1]);
        from.push(list[n + 2] / image.width, list[n + 3] / image.height);
      }
      fill('at', new Float32Array(at), gl.DYNAMIC_DRAW);
      attribute(sprites, 'at', 2, gl.FLOAT, false);
      fill('from', new Float32Array(from), gl.DYNAMIC_DRAW);
      attribute(sprites, 'from', 2, gl.FLOAT, false);
      gl.bindTexture(gl.TEXTURE_2D, texture(k));
      gl.uniform2f(uniform(sprites, 'share'), data.side / image.width, data.side / image.height);
      gl.uniform1f(uniform(sprites, 'size'), size * camera.ratio);
      gl.drawArrays(gl.POINTS, 0, at.length / 2);
    }
  };
  return {
    places(values) { count = values.length / 3; fill('place', values); },
    colours(values, lit) { fill('tint', values); fill('lit', lit); },
    draw(camera, visible, size) {
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      gl.enable(gl.DEPTH_TEST);
      gl.useProgram(points);
      attribute(points, 'place', 3, gl.FLOAT, false);
      attribute(points, 'tint', 4, gl.UNSIGNED_BYTE, true);
      attribute(points, 'lit', 1, gl.UNSIGNED_BYTE, false);
      gl.uniform4f(uniform(points, 'turn'), ...camera.turn);
      gl.uniform2f(uniform(points, 'middle'), camera.x, camera.y);
      gl.uniform2f(uniform(points, 'scale'), 2 * camera.scale / camera.width, 2 * camera.scale / camera.height);
      gl.uniform1f(uniform(points, 'size'), camera.dot * camera.ratio);
      gl.drawArrays(gl.POINTS, 0, count);
      if (visible.length) draw_sprites(camera, visible, size);
    },
  };
};

const canvas_renderer = (canvas) => {
  const pen = canvas.getContext('2d');
  let places = [], colours = [], lit = [];
  return {
    places(values) { places = values; },
    colours(values, of_lit) { colours = values; lit = of_lit; },
    draw(camera, visible, size) {
      pen.setTransform(camera.ratio, 0, 0, camera.ratio, 0, 0);
      pen.clearRect(0, 0, camera.width, camera.height);
      const [a, b, c, d] = camera.turn, n = places.length / 3;
      // Points of one colour together: changing it costs more than a point.
      const groups = new Map();
      for (let i = 0; i < n; i++) {
        const key = colours[4 * i] << 16 | colours[4 * i + 1] << 8 | colours[4 * i + 2] | (lit[i] ? 1 << 24 : 0);
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(i);
      }
      for (const key of Array.from(groups.keys()).sort((x, y) => x - y)) {
        const first = groups.get(key)[0], dot = lit[first] ? camera.dot : 0.7 * camera.dot;
        pen.fillStyle = 'rgba(' + [colours[4 * first], colours[4 * first + 1], colours[4 * first + 2], colours[4 * first + 3] / 255] + ')';
        for (const i of groups.get(key)) {
          const x = a * places[3 * i] + b * places[3 * i + 2], z = a * places[3 * i + 2] - b * places[3 * i];
          const sx = camera.width / 2 + (x - camera.x) * camera.scale, sy = camera.height / 2 - (c * places[3 * i + 1] - d * z - camera.y) * camera.scale;
          if (sx > -9 && sy > -9 && sx < camera.width + 9 && sy < camera.height + 9) pen.fillRect(sx - dot / 2, sy - dot / 2, dot, dot);
        }
      }
      for (const v of visible) {
        const [k, x, y] = tile_at(tile[v.i]);
        if (sheet(k).done) pen.drawImage(sheet(k).image, x, y, data.side, data.side, v.x - size / 2, v.y - size / 2, size, size);
        else sheet(k).ready.then(camera.again);
      }
    },
  };
};
)js";
}

}  // namespace detail::report
AISLE_NAMESPACE_END
