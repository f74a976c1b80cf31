// Copyright (c) 2026 The linux.audit contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// The table of hosts, the worst first.

const LOCKS = { immutable: 'locked', enabled: 'open', disabled: 'off' };

function why(host) {
  if (host.reasons.length === 0) return null;
  const more = host.reasons.length - 1;
  const [text] = host.reasons[0];
  const short = text.length > 220 ? `${text.slice(0, 220)}…` : text;
  return [el('span', {}, short), more > 0 ? el('div', { class: 'quiet' }, `and ${shown(more)} more`) : null];
}

function lost(host) {
  if (typeof host.lost !== 'number') return null;
  return [shown(host.lost), host.lost_change > 0 ? el('span', { class: 'bad' }, ` +${shown(host.lost_change)}`) : null,
    typeof host.backlog === 'number' ? el('div', { class: host.backlog >= host.backlog_limit ? 'bad' : 'quiet' }, `backlog ${backlog(host)}`) : null];
}

function backlog(host) {
  return `${shown(host.backlog)} of ${shown(host.backlog_limit)}`;
}

function daemon(host) {
  if (!host.daemon) return null;
  const idle = host.plugins.filter((plugin) => plugin.active && !plugin.running).length;
  return [el('span', { class: host.daemon.name ? null : 'bad' }, host.daemon.name ? `${host.daemon.name} ${host.releases.audit}` : 'none'),
    el('div', { class: 'quiet' }, host.releases.kernel), idle ? el('div', { class: 'bad' }, `${count(idle, 'plugin')} not running`) : null];
}

function reach(host) {
  if (!host.log) return null;
  const days = host.log.oldest ? daysBetween(host.log.oldest, DATA.generated) : null;
  return [days === null ? 'empty' : count(days, 'day'),
    typeof host.log.days === 'number' ? el('div', { class: 'quiet' }, `${shown(Math.round(host.log.days))} when full`) : null];
}

function remote(host) {
  if (!host.remote) return null;
  const last = host.proved ? `last ${minute(host.proved)}` : 'never proved';
  if (host.remote.state === 'arrived') return '✓ arrived';
  if (host.remote.state === 'not confirmed') return [el('span', { class: 'bad' }, '✗ not confirmed'), el('div', { class: 'quiet' }, last)];
  return host.proved ? el('span', { class: 'quiet' }, last) : el('span', { class: 'quiet' }, 'not asked');
}

function lacks(host) {
  if (host.not_judged) return el('span', { class: 'quiet' }, 'not judged');
  if (!host.verdicts) return null;
  return host.lacks ? el('span', { class: 'bad' }, `✗ ${host.lacks}`) : '✓ none';
}

function lock(host) {
  return host.lock ? [LOCKS[host.lock] ?? host.lock, el('div', { class: 'quiet' }, `failure: ${host.failure}`)] : null;
}

/** Columns: label, key to sort by, what is in a cell. A column that is empty for all hosts is left out. */
const COLUMNS = [
  [{ label: 'Host', sort: 'host', class: 'host' }, hostLink],
  [{ label: 'State', sort: 'state' }, state],
  [{ label: 'What is wrong', class: 'wide' }, why],
  [{ label: 'Lock', class: 'soft' }, lock],
  [{ label: 'Lost records', sort: 'lost' }, lost],
  [{ label: 'Daemon, kernel', class: 'soft' }, daemon],
  [{ label: 'Log', class: 'soft', sort: 'days' }, reach],
  [{ label: 'Remote log', sort: 'proved' }, remote],
  [{ label: 'Lacking', sort: 'lacks' }, lacks],
];

function hostsView() {
  if (DATA.hosts.length === 0) return [empty('No host was asked.', 'Give the playbook an inventory with hosts, or another target.')];
  const found = sorted(filtered());
  if (found.length === 0) return [empty('No host matches.', 'Change the search, or clear it.')];
  const { rows, pager } = paged(found, 'host');
  const used = COLUMNS.filter(([, cell], place) => place < 2 || (cell === remote
    ? DATA.hosts.some((host) => host.proved || host.remote?.state === 'not confirmed')
    : rows.some((host) => [cell(host)].flat(2).some(Boolean))));
  return [pager, table(used.map(([column]) => column), rows.map((host) => used.map(([, cell]) => cell(host))),
    { sort: order(), caption: 'Hosts, the worst first' })];
}
