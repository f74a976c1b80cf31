// Copyright (c) 2026 The linux.audit contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// What is shown: the part of the address after # holds all of it, so that a link shows the same to others.

const VIEWS = ['hosts', 'drift', 'requirements', 'keys', 'host'];
const PAGE = 50;

/** What "only" offers: a label, and which hosts it lets through. */
const ONLY = {
  locked: ['locked', (host) => host.lock === 'immutable'],
  unlocked: ['not locked', (host) => 'lock' in host && host.lock !== 'immutable'],
  lost: ['lost records', (host) => host.lost > 0],
  losing: ['lost records since the earlier result', (host) => host.lost_change > 0],
  boot: ['a boot changes something', (host) => host.reboot_required || (host.drift ?? []).length > 0],
  remote: ['remote logging not confirmed', (host) => host.remote?.state === 'not confirmed'],
  plugins: ['an active plugin does not run', (host) => host.plugins?.some((plugin) => plugin.active && !plugin.running)],
  lacking: ['lacks a requirement', (host) => host.lacks > 0],
  news: ['changed since the earlier result', (host) => DATA.compared_with && DATA.times[host.since] === DATA.generated],
};

let asked = {};

function readAddress() {
  const found = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  asked = { ...found, view: VIEWS.includes(found.view) ? found.view : 'hosts', page: Math.max(1, Number.parseInt(found.page, 10) || 1) };
}

/** The address that shows the same but for some changes. */
function link(changes) {
  const all = { ...asked, ...changes };
  // A view keeps the filters, and forgets what only another one knows.
  if (changes.view && changes.view !== asked.view) {
    for (const name of ['sort', 'down', 'page', 'req', 'by', 'columns']) if (!(name in changes)) delete all[name];
    if (changes.view !== 'host' && !('host' in changes)) delete all.host;
  }
  if (all.page === 1 || all.page === '1') delete all.page;
  const kept = Object.entries(all).filter(([, value]) => value !== '' && value !== undefined && value !== null);
  return `#${new URLSearchParams(kept)}`;
}

/** Adds to each host what filters and sorting look at. */
function prepare() {
  const ranks = new Map(DATA.kinds.map((kind, place) => [kind.slug, place]));
  DATA.hosts.forEach((host, place) => {
    host.place = place;
    host.rank = ranks.get(host.kind);
    host.lacks = (host.lacking ?? []).filter((item) => item.verdict !== 'excepted').length;
    const texts = [host.host, host.state, ...host.reasons.map((reason) => reason[0]), host.lock, host.daemon?.name,
      host.releases?.audit, host.releases?.kernel, ...(host.drift ?? []).flatMap((row) => [...row.file, ...row.kernel, row.origin]),
      ...(host.keys ?? []).map((item) => item.key)];
    host.text = texts.filter(Boolean).join('\n').toLowerCase();
  });
}

function matches(text, wanted) {
  return wanted.every((word) => text.includes(word));
}

const words = () => (asked.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);

/** The hosts that the filters let through, the worst first. */
function filtered() {
  const wanted = words();
  const only = ONLY[asked.is]?.[1] ?? (() => true);
  return DATA.hosts.filter((host) => (!asked.state || host.kind === asked.state) && only(host) && matches(host.text, wanted));
}

const SORTS = {
  state: (host) => host.place,
  host: (host) => host.host,
  lost: (host) => host.lost_change ?? host.lost,
  days: (host) => host.log?.days,
  proved: (host) => host.proved,
  lacks: (host) => ('verdicts' in host ? host.lacks : null),
};

/** Sorted by what is asked for; what has no value comes last, either way. */
function sorted(hosts) {
  const by = SORTS[asked.sort] ?? SORTS.state;
  const way = asked.down ? -1 : 1;
  return hosts.map((host) => [by(host), host]).sort(([a, one], [b, two]) => {
    if (a === b) return one.place - two.place;
    if (a === null || a === undefined) return 1;
    if (b === null || b === undefined) return -1;
    return (a < b ? -1 : 1) * way;
  }).map(([, host]) => host);
}

const order = () => ({ by: asked.sort || 'state', order: asked.down ? 'descending' : 'ascending' });

let printing = false;

/** The rows of this page and what leads to the others; all rows when the page is printed. */
function paged(rows, noun) {
  if (printing) return { rows, pager: el('p', { class: 'bar' }, count(rows.length, noun)) };
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  const page = Math.min(asked.page, pages);
  const first = (page - 1) * PAGE;
  const step = (label, to, rel) => el('a', to >= 1 && to <= pages
    ? { class: 'button', href: link({ page: to }), rel } : { class: 'button', role: 'link', 'aria-disabled': 'true' }, label);
  const place = rows.length > PAGE ? `${shown(first + 1)} to ${shown(Math.min(first + PAGE, rows.length))} of ` : '';
  const pager = el('div', { class: 'bar' }, el('span', {}, `${place}${count(rows.length, noun)}`),
    pages > 1 ? el('span', { class: 'pager' }, step('Previous', page - 1, 'prev'), ` page ${page} of ${pages} `, step('Next', page + 1, 'next')) : null);
  return { rows: rows.slice(first, first + PAGE), pager };
}
