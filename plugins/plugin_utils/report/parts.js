// Copyright (c) 2026 The linux.audit contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Parts of the page. Whatever a host said becomes text: nothing here makes markup of a string.

const DATA = JSON.parse(document.getElementById('data').textContent);
const SVG = 'http://www.w3.org/2000/svg';
const byId = (id) => document.getElementById(id);

/** An element with attributes; children are elements, texts, lists of them, or nothing. */
function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

function icon(slug) {
  return svg('svg', { class: `icon k-${slug}`, 'aria-hidden': 'true', viewBox: '0 0 16 16' }, svg('use', { href: `#i-${slug}` }));
}

const count = (number, noun) => `${shown(number)} ${noun}${number === 1 ? '' : 's'}`;
const shown = (number) => (typeof number === 'number' ? number.toLocaleString('en') : '');

function bytes(number) {
  if (typeof number !== 'number') return '';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let place = 0;
  for (; number >= 1024 && place < units.length - 1; place += 1) number /= 1024;
  return `${number >= 10 || place === 0 ? Math.round(number) : number.toFixed(1)} ${units[place]}`;
}

/** 2026-01-31T12:00:00Z as 2026-01-31 12:00; other texts as they are. */
const minute = (time) => (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(time) ? `${time.slice(0, 10)} ${time.slice(11, 16)}` : time);

function daysBetween(time, later) {
  const days = (Date.parse(later) - Date.parse(time)) / 86400000;
  return Number.isFinite(days) ? Math.max(0, Math.floor(days)) : null;
}

/** How long ago, in words, as seen from the time of the report. */
function ago(time) {
  const days = daysBetween(time, DATA.generated);
  if (days === null) return '';
  return days === 0 ? 'today' : `${count(days, 'day')} ago`;
}

/** Since when, by the earlier results; nothing without one. `first`: when the host was first seen. */
function since(place, first) {
  if (!DATA.compared_with) return null;
  const time = DATA.times[place];
  if (time === DATA.generated) return 'new';
  return `since ${time.slice(0, 10)}${place === first ? ' or earlier' : ''}`;
}

/** A table. Columns have a label, and may have a class and a key to sort by; rows are lists of cells. */
function table(columns, rows, { sort = null, caption = '' } = {}) {
  const head = columns.map((column) => {
    const sorted = sort && column.sort === sort.by;
    return el('th', { scope: 'col', class: column.class, 'aria-sort': sorted ? sort.order : null },
      column.sort ? el('a', { href: link({ sort: column.sort, down: sorted && sort.order === 'ascending' ? '1' : '', page: '' }) },
        column.label, sorted ? (sort.order === 'ascending' ? ' ▲' : ' ▼') : '') : dotted(column.label));
  });
  const body = rows.map((cells) => el('tr', {}, cells.map((cell, place) => (place === 0
    ? el('th', { scope: 'row', class: columns[0].class }, cell)
    : el('td', { class: columns[place].class, 'data-label': columns[place].label }, cell)))));
  return el('div', { class: 'scroll' }, el('table', { class: 'cards' },
    caption ? el('caption', { class: 'unseen' }, caption) : null, el('thead', {}, el('tr', {}, head)), el('tbody', {}, body)));
}

function empty(title, ...more) {
  return el('p', { class: 'empty' }, el('strong', {}, title), ...more);
}

/** A rule, with the words marked that the other one lacks. */
function rule(text, other = '') {
  const words = new Set(other.split(/\s+/));
  const parts = other ? text.split(/(\s+)/).map((word) => (word.trim() && !words.has(word) ? el('mark', {}, word) : word)) : [text];
  return el('code', { class: 'rule' }, parts);
}

function state(host) {
  const kind = DATA.kinds[host.rank];
  return [el('span', { class: 'state' }, icon(kind.slug), ' ', kind.label), el('div', { class: 'quiet' }, since(host.since, host.first))];
}

/** A name that breaks after its dots. */
const dotted = (name) => name.split(/(?<=\.)/).flatMap((part, place) => (place ? [el('wbr'), part] : [part]));

function hostLink(host) {
  return el('a', { href: link({ view: 'host', host: host.host, page: '' }) }, dotted(host.host));
}

const SIGNS = { m: '✓', p: '◐', n: '✗', u: '?', a: '–', e: '◇', ' ': '' };

function verdict(letter, title) {
  return el('span', { class: `verdict v-${letter}`, title }, `${SIGNS[letter]} ${DATA.letters[letter] ?? ''}`);
}

/** A part of a whole as a bar; its figures are beside it. */
function meter(part, whole) {
  const share = whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;
  return svg('svg', { class: 'meter', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', { class: 'track', width: 100, height: 10 }), svg('rect', { class: 'full', width: share * 100, height: 10 }));
}
