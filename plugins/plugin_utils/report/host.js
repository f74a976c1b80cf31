// Copyright (c) 2026 The linux.audit contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// One host in full; printed, it is the sheet of the host.

function hostView() {
  const host = DATA.hosts.find((one) => one.host === asked.host);
  if (!host) return [empty('No host of this name is in the report.', el('a', { href: link({ view: 'hosts', host: '' }) }, 'All hosts'))];
  const list = sorted(filtered());
  const place = list.indexOf(host);
  const step = (label, other) => (other ? el('a', { href: link({ host: other.host }) }, label) : null);
  return [
    el('p', { class: 'bar pager' }, el('a', { href: link({ view: 'hosts', host: '' }) }, '← All hosts'),
      el('span', {}, step('Previous', list[place - 1]), ' ', place >= 0 ? step('Next', list[place + 1]) : null)),
    el('h2', { class: 'title' }, host.host), el('p', {}, state(host)),
    ...section('What is wrong', reasonList(host)), facts(host), ...section('Kernel and files', driftOf(host)),
    ...section('At the next boot', problemTable(host)), ...section('Requirements', verdictTables(host)),
    ...section('Plugins', pluginTable(host)), ...section('Noisiest keys', keyTable(host)), ...section('Earlier results', trend(host)),
  ];
}

const section = (title, content) => (content ? [el('h2', {}, title), content] : []);

function facts(host) {
  const list = [];
  const add = (label, value, more) => {
    if (value !== null && value !== undefined && value !== '') list.push(el('div', {}, el('dt', {}, label), el('dd', {}, value, more ? el('span', { class: 'quiet' }, more) : null)));
  };
  const log = host.log ?? {};
  if (host.lock) add('Lock', LOCKS[host.lock] ?? host.lock, host.lock === 'immutable' ? 'no change before the next boot' : 'rules can be changed');
  add('Records', host.recording === undefined ? null : host.recording ? 'yes' : 'no', host.rules === undefined ? '' : count(host.rules, 'rule'));
  add('Lost records', shown(host.lost), typeof host.lost_change === 'number' ? `${host.lost_change ? '+' : ''}${shown(host.lost_change)} since ${minute(host.lost_compared)}` : 'since the last boot or reset');
  if (typeof host.backlog === 'number') add('Backlog', backlog(host), host.rate_limit ? `at most ${shown(host.rate_limit)} records a second` : '');
  add('On failure', host.failure);
  add('Daemon', host.daemon ? host.daemon.name || 'none' : null, count(host.daemon?.problems.length ?? 0, 'problem'));
  add('Audit', host.releases?.audit);
  add('Kernel', host.releases?.kernel);
  if (host.log) {
    add('Log', bytes(log.bytes), log.bytes_a_day ? `${bytes(log.bytes_a_day)} a day` : '');
    add('Oldest record', log.oldest ? minute(log.oldest) : 'none', log.oldest ? ago(log.oldest) : '');
    add('A full log reaches back', typeof log.days === 'number' ? `${shown(Math.round(log.days * 10) / 10)} days` : null, `with ${bytes(log.capacity)}`);
    add('Disk of the log', bytes(log.disk), `${bytes(log.free)} free`);
  }
  if (host.remote) {
    add('Remote logging', { arrived: '✓ a record arrived', 'not confirmed': '✗ not confirmed', 'not asked': 'not asked' }[host.remote.state],
      host.proved ? `last proof ${minute(host.proved)}` : 'never proved');
  }
  return list.length ? el('dl', { class: 'facts' }, list) : null;
}

function reasonList(host) {
  if (host.reasons.length === 0) return null;
  return el('ul', { class: 'plain' }, host.reasons.map(([text, place]) => el('li', {}, text, ' ', el('span', { class: 'quiet' }, since(place, host.first)))));
}

function driftOf(host) {
  if (!host.drift?.length) return null;
  return table(SIDES, host.drift.map(sides));
}

function problemTable(host) {
  if (!host.problems?.length) return null;
  const effect = (problem) => [problem.stops_recording ? 'records nothing' : '', problem.stops_loading ? 'loading stops here' : '',
    problem.lost_at_boot ? 'the line is lost' : ''].filter(Boolean).join('; ') || 'a warning';
  return table([{ label: 'Where', class: 'host' }, { label: 'Line', class: 'wide' }, { label: 'Problem', class: 'wide' }, { label: 'Effect' }],
    host.problems.map((problem) => [problem.where, problem.text ? rule(problem.text) : null, problem.reason, effect(problem)]));
}

function verdictTables(host) {
  if (host.not_judged) return el('p', {}, `Not judged: ${host.not_judged}`);
  if (!host.verdicts) return null;
  return el('div', {}, DATA.standards.map((standard, at) => {
    const letters = host.verdicts[at][0];
    if (!letters.trim()) return null;
    const all = standard.requirements.map((item, place) => [item, place]).filter(([, place]) => letters[place] !== ' ');
    const open = all.filter(([, place]) => 'npue'.includes(letters[place]));
    const rows = (some) => table([{ label: 'Requirement', class: 'wide' }, { label: 'Verdict' }, { label: 'Since' }, { label: 'Why', class: 'wide' }],
      some.map(([item, place]) => [[item.id, el('div', { class: 'quiet' }, item.title)], verdict(letters[place]), sinceVerdict(host, at, place),
        whyNot(lackingOf(host, at, item.id))]));
    return [el('p', {}, `${standard.title || standard.name} ${standard.release}: ${count(all.length, 'requirement')}, ${shown(open.length)} not met`),
      open.length ? rows(open) : null,
      el('details', { open: printing }, el('summary', {}, 'All verdicts'), rows(all))];
  }));
}

function pluginTable(host) {
  if (!host.plugins?.length) return null;
  return table([{ label: 'Plugin' }, { label: 'Active' }, { label: 'Runs' }], host.plugins.map((plugin) => [plugin.name, plugin.active ? 'yes' : 'no',
    plugin.active && !plugin.running ? el('span', { class: 'bad' }, '✗ no') : plugin.running ? 'yes' : 'no']));
}

function keyTable(host) {
  if (!host.keys?.length) return null;
  const most = Math.max(...host.keys.map((item) => item.bytes));
  return table([{ label: 'Key', class: 'host' }, { label: 'Bytes', class: 'number' }, { label: 'Share' }, { label: 'Bytes a day', class: 'number' }, { label: 'Events', class: 'number' }],
    host.keys.map((item) => [item.key === null ? el('span', { class: 'quiet' }, 'events without a key') : el('code', {}, item.key),
      bytes(item.bytes), meter(item.bytes, most), bytes(item.bytes_a_day), shown(item.events)]));
}

function trend(host) {
  if (host.trend.length < 2) return null;
  return table([{ label: 'Result' }, { label: 'State' }, { label: 'Lost records' }], [...host.trend].reverse().map(([place, rank, number]) => [
    minute(DATA.times[place]), [icon(DATA.kinds[rank].slug), ' ', DATA.kinds[rank].label], shown(number)]));
}
