// Copyright (c) 2026 The linux.audit contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Puts the view that is asked for into the page, and listens.

const SHOW = { hosts: hostsView, drift: driftView, requirements: requirementsView, keys: keysView, host: hostView };

function render() {
  byId('main').replaceChildren(...SHOW[asked.view]().flat().filter(Boolean));
}

/** Brings the filters, the tabs and the tiles in line with the address. */
function showAsked() {
  const shownView = asked.view === 'host' ? 'hosts' : asked.view;
  for (const tab of document.querySelectorAll('#views a')) {
    if (tab.dataset.view === shownView) tab.setAttribute('aria-current', 'page');
    else tab.removeAttribute('aria-current');
    tab.href = link({ view: tab.dataset.view, host: '' });
  }
  for (const tile of document.querySelectorAll('.tile')) {
    const wanted = new URLSearchParams(tile.hash.slice(1));
    const here = asked.view === 'hosts' && (wanted.has('is') ? wanted.get('is') === asked.is : wanted.get('state') === asked.state);
    if (here) tile.setAttribute('aria-current', 'true');
    else tile.removeAttribute('aria-current');
  }
  if (byId('q').value !== (asked.q ?? '')) byId('q').value = asked.q ?? '';
  byId('state').value = asked.state ?? '';
  byId('is').value = asked.is ?? '';
  byId('standard').value = DATA.standards[chosen()]?.name ?? '';
  for (const label of document.querySelectorAll('[data-of=hosts]')) label.hidden = asked.view === 'keys';
  document.querySelector('[data-of=standards]').hidden = asked.view !== 'requirements' || DATA.standards.length < 2;
  byId('filters').hidden = asked.view === 'host';
  byId('clear').href = `#view=${asked.view}`;
}

function follow() {
  const before = asked;
  readAddress();
  showAsked();
  render();
  if (before.view && (before.view !== asked.view || before.host !== asked.host || before.req !== asked.req)) {
    byId('main').focus({ preventScroll: true });
    byId('views').scrollIntoView({ block: 'start' });
  }
  byId('said').textContent = document.querySelector('.bar span, p.bar, .empty strong')?.textContent ?? '';
}

/** Shows other filters without an entry in the history for each letter. */
function ask(changes) {
  history.replaceState(null, '', link({ ...changes, page: '', columns: '' }));
  follow();
}

function listen() {
  for (const [value, [label]] of Object.entries(ONLY)) byId('is').append(el('option', { value }, label));
  for (const standard of DATA.standards) byId('standard').append(el('option', { value: standard.name }, standard.title || standard.name));
  let waiting = 0;
  byId('q').addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => ask({ q: byId('q').value }), 120);
  });
  for (const id of ['state', 'is', 'standard']) byId(id).addEventListener('change', () => ask({ [id]: byId(id).value }));
  byId('filters').addEventListener('submit', (event) => event.preventDefault());
  byId('skip').addEventListener('click', (event) => {
    event.preventDefault();
    byId('main').focus();
  });
  document.addEventListener('keydown', (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? '');
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !byId('filters').hidden) {
      event.preventDefault();
      byId('q').focus();
    } else if (event.key === 'Escape' && asked.view === 'host') {
      location.hash = link({ view: 'hosts', host: '' });
    } else if (event.key === 'Escape' && asked.q) {
      ask({ q: '' });
    }
  });
  window.addEventListener('hashchange', follow);
  for (const [name, value] of [['beforeprint', true], ['afterprint', false]]) {
    window.addEventListener(name, () => {
      printing = value;
      render();
    });
  }
}

prepare();
listen();
follow();
