// Copyright (c) 2026 The linux.audit contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// What is told of the fleet as a whole: drifted rules, requirements by hosts, and keys.

/** The two sides of a difference, and what a boot makes of it. */
function sides(row) {
  const [file, kernel] = [row.file.join('\n'), row.kernel.join('\n')];
  const changed = row.what === 'another key' || row.what === 'another value';
  return [
    row.what,
    file ? [row.file.map((text) => rule(text, changed ? kernel : '')), el('div', { class: 'origin' }, row.origin)] : el('span', { class: 'quiet' }, 'nothing'),
    kernel ? row.kernel.map((text) => rule(text, changed ? file : '')) : el('span', { class: 'quiet' }, 'nothing'),
    row.boot,
  ];
}

const SIDES = [{ label: 'Difference' }, { label: 'In the files', class: 'wide' }, { label: 'In the kernel', class: 'wide' }, { label: 'At the next boot' }];

function driftView() {
  const wanted = words();
  const byDifference = asked.by === 'difference';
  const found = filtered().flatMap((host) => (host.drift ?? []).map((row) => [host, row]))
    .filter(([host, row]) => matches([host.host, row.what, row.origin, row.boot, ...row.file, ...row.kernel].join('\n').toLowerCase(), wanted));
  if (found.length === 0) return [empty('No rule has drifted.', 'On these hosts, the kernel holds what the files say.')];
  const toggle = el('p', {}, el('a', { class: 'button', href: link({ by: byDifference ? '' : 'difference', page: '' }) },
    byDifference ? 'Show by host' : 'Join equal differences'));
  if (!byDifference) {
    const { rows, pager } = paged(found, 'difference');
    return [toggle, pager, table([{ label: 'Host', class: 'host' }, ...SIDES], rows.map(([host, row]) => [hostLink(host), ...sides(row)]))];
  }
  const groups = new Map();
  for (const [host, row] of found) {
    const same = JSON.stringify(row);
    if (!groups.has(same)) groups.set(same, { row, hosts: [] });
    groups.get(same).hosts.push(host);
  }
  const { rows, pager } = paged([...groups.values()].sort((one, two) => two.hosts.length - one.hosts.length), 'difference');
  return [toggle, pager, table([{ label: 'Hosts', class: 'host' }, ...SIDES],
    rows.map(({ row, hosts }) => [[count(hosts.length, 'host'), el('div', { class: 'quiet' }, few(hosts))], ...sides(row)]))];
}

/** Links to the first hosts, and how many more there are. */
function few(hosts, most = 4) {
  const links = hosts.slice(0, most).flatMap((host, place) => [place ? ', ' : '', hostLink(host)]);
  return [links, hosts.length > most ? ` and ${shown(hosts.length - most)} more` : ''];
}

const chosen = () => Math.max(0, DATA.standards.findIndex((standard) => standard.name === asked.standard));

/** The letter of a verdict, by the places of the standard and the requirement; a space without one. */
const letterOf = (host, standard, place) => host.verdicts?.[standard]?.[0][place] ?? ' ';

const LETTERS = ['m', 'p', 'n', 'u', 'a', 'e'];
const BESIDE = 8;

function requirementsView() {
  if (DATA.standards.length === 0) {
    return [empty('No host was judged by a standard.', 'The variable report_standard of the playbook names standards.')];
  }
  const at = chosen();
  const hosts = filtered().filter((host) => host.verdicts?.[at]?.[0].trim());
  if (hosts.length === 0) return [empty('None of these hosts was judged by this standard.')];
  const rows = DATA.standards[at].requirements.map((item, place) => {
    const sums = Object.fromEntries(LETTERS.map((letter) => [letter, 0]));
    for (const host of hosts) sums[letterOf(host, at, place)] += 1;
    return { item, place, sums, bad: sums.n + sums.p + sums.u };
  });
  const open = rows.find((row) => row.item.id === asked.req);
  if (open) return requirement(open, hosts, at);
  const beside = hosts.length <= BESIDE || asked.by === 'host';
  const toggle = hosts.length > BESIDE ? el('p', {}, el('a', { class: 'button', href: link({ by: beside ? '' : 'host', columns: '' }) },
    beside ? 'Show sums' : 'Show hosts beside each other')) : null;
  rows.sort((one, two) => two.bad - one.bad || one.place - two.place);
  const bad = rows.filter((row) => row.bad).length;
  const said = el('p', { class: 'bar' }, `${count(rows.length, 'requirement')}, ${shown(bad)} lacking on some of ${count(hosts.length, 'host')}`);
  return beside ? [toggle, said, ...matrix(rows, hosts, at)] : [toggle, said, sumsTable(rows)];
}

function name(row) {
  return [el('a', { href: link({ req: row.item.id, page: '' }) }, row.item.id), el('div', { class: 'quiet' }, row.item.title)];
}

function sumsTable(rows) {
  const columns = [{ label: 'Requirement', class: 'wide' }, { label: 'Severity' },
    ...LETTERS.map((letter) => ({ label: DATA.letters[letter], class: 'number' }))];
  return table(columns, rows.map((row) => [name(row), row.item.severity, ...LETTERS.map((letter) => (row.sums[letter]
    ? el('span', { class: `v-${letter}` }, `${SIGNS[letter]} ${shown(row.sums[letter])}`) : el('span', { class: 'quiet' }, '0')))]));
}

/** Requirements by hosts; a few hosts at a time, the worst first. */
function matrix(rows, hosts, at) {
  const worst = [...hosts].sort((one, two) => two.lacks - one.lacks || one.place - two.place);
  const first = Math.min(Math.max(0, Number.parseInt(asked.columns, 10) || 0), worst.length - 1);
  const some = printing && worst.length <= 20 ? worst : worst.slice(first, first + BESIDE);
  const step = (label, to) => (to >= 0 && to < worst.length ? el('a', { class: 'button', href: link({ columns: to || '' }) }, label) : null);
  const steps = worst.length > BESIDE ? el('p', { class: 'pager' }, `Hosts ${shown(first + 1)} to ${shown(first + some.length)} of ${shown(worst.length)} `,
    first ? step('Previous hosts', Math.max(0, first - BESIDE)) : null, ' ', step('Next hosts', first + BESIDE)) : null;
  return [steps, table([{ label: 'Requirement', class: 'wide' }, ...some.map((host) => ({ label: host.host, class: 'narrow' }))],
    rows.map((row) => [name(row), ...some.map((host) => verdict(letterOf(host, at, row.place), sinceVerdict(host, at, row.place)))]))];
}

const sinceVerdict = (host, at, place) => since(host.verdicts[at][1][place], host.first);

/** One requirement: the hosts by verdict, and why. */
function requirement(row, hosts, at) {
  const rank = ['n', 'p', 'u', 'e', 'm', 'a'];
  const found = hosts.filter((host) => letterOf(host, at, row.place) !== ' ')
    .sort((one, two) => rank.indexOf(letterOf(one, at, row.place)) - rank.indexOf(letterOf(two, at, row.place)) || one.place - two.place);
  const { rows, pager } = paged(found, 'host');
  return [
    el('p', {}, el('a', { href: link({ req: '', page: '' }) }, '← All requirements')),
    el('h2', { class: 'title' }, row.item.id), el('p', {}, row.item.title, ' ', el('span', { class: 'quiet' }, `severity ${row.item.severity}`)),
    pager, table([{ label: 'Host', class: 'host' }, { label: 'Verdict' }, { label: 'Since' }, { label: 'Why', class: 'wide' }],
      rows.map((host) => [hostLink(host), verdict(letterOf(host, at, row.place)), sinceVerdict(host, at, row.place),
        whyNot(lackingOf(host, at, row.item.id))])),
  ];
}

const lackingOf = (host, at, id) => (host.lacking ?? []).find((item) => item.standard === DATA.standards[at].name && item.id === id);

/** The verdicts by view, what is lacking, and the exception. */
function whyNot(item) {
  if (!item) return null;
  const views = item.kernel ? el('div', { class: 'quiet' }, `kernel: ${item.kernel}; after a boot: ${item.files}; text: ${item.text}`) : null;
  const waiver = item.exception ? el('div', {}, `exception ${item.exception.expired ? 'expired' : 'until'} ${item.exception.until}: ${item.exception.reason}`) : null;
  return [views, waiver, (item.why ?? []).map((text) => rule(text))];
}

function keysView() {
  const wanted = words();
  const found = DATA.keys.filter((item) => matches((item.key ?? '').toLowerCase(), wanted));
  if (found.length === 0) return [empty('No key has logged anything.', 'No log was read, or no key matches.')];
  const most = Math.max(...DATA.keys.map((item) => item.bytes_a_day)) || 0;
  const { rows, pager } = paged(found, 'key');
  const columns = [{ label: 'Key', class: 'host' }, { label: 'Bytes a day', class: 'number' }, { label: 'Share' }, { label: 'Bytes', class: 'number' },
    { label: 'Events', class: 'number' }, { label: 'Hosts', class: 'number' }, { label: 'Noisiest host' }];
  const hosts = new Map(DATA.hosts.map((host) => [host.host, host]));
  return [pager, table(columns, rows.map((item) => [item.key === null ? el('span', { class: 'quiet' }, 'events without a key') : el('code', {}, item.key),
    bytes(item.bytes_a_day), meter(item.bytes_a_day, most), bytes(item.bytes), shown(item.events), shown(item.hosts),
    hosts.has(item.noisiest) ? hostLink(hosts.get(item.noisiest)) : null]))];
}
