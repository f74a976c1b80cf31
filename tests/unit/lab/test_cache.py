# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the packages of a guest come from: the mirror of this machine, whatever form its settings have."""

import platform

import pytest

from lab import BuildError, cache, images


@pytest.fixture
def apt(tmp_path, monkeypatch):
    """Write a file below an empty /etc/apt; this machine is bookworm."""
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"VERSION_CODENAME": "bookworm"})
    (tmp_path / "sources.list.d").mkdir()

    def write(name, text):
        (tmp_path / name).write_text(text)
        return tmp_path

    return write


STANZA = """\
# the archive
Types: deb deb-src
URIs: mirror+file:/etc/apt/mirrors/debian.list
Suites: bookworm bookworm-updates
# not everything
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQ
"""
SECURITY = STANZA.replace("Suites: bookworm bookworm-updates", "Suites: bookworm-security")
EXPECTED = """\
Types: deb
Suites: trixie
Components: main
Uris: mirror+file:/etc/apt/mirrors/debian.list
Signed-By: -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQ
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(STANZA, id="alone"),
        pytest.param(SECURITY + "\n" + STANZA, id="after the archive of security updates"),
        pytest.param(STANZA.replace("deb deb-src", "deb-src") + "\n" + STANZA, id="after sources"),
        pytest.param(
            "Enabled: no\n" + STANZA.replace("mirror+file", "file") + " \n\n" + STANZA, id="after a disabled one"
        ),
        pytest.param("Architectures: amd64\n" + STANZA, id="with architectures"),
    ],
)
def test_deb822(apt, text):
    directory = apt("sources.list.d/debian.sources", text)
    assert cache.apt_source("trixie", directory) == EXPECTED


@pytest.mark.parametrize(
    ("line", "extra"),
    [
        ("deb http://mirror.example/debian bookworm main", ""),
        ("deb  [trusted=yes arch=amd64] http://mirror.example/debian  bookworm contrib main # all", "Trusted: yes\n"),
    ],
)
def test_one_line(apt, line, extra):
    directory = apt(
        "sources.list",
        f"deb-src {line[4:]}\n# {line}\ndeb http://vendor.example/ bookworm-vendor main\n{line}\n",
    )
    wanted = f"Types: deb\nSuites: sid\nComponents: main\nUris: http://mirror.example/debian\n{extra}"
    assert cache.apt_source("sid", directory) == wanted


def test_a_machine_without_a_source_of_debian_is_told_so(apt):
    directory = apt("sources.list.d/vendor.sources", STANZA.replace("bookworm", "vendor"))
    with pytest.raises(BuildError, match="anything of sid: no apt source of Debian's main component in "):
        cache.apt_source("sid", directory)


def test_an_unknown_release_is_named():
    with pytest.raises(BuildError, match="no image of 'buster'; the lab knows bullseye, bookworm"):
        images.image("buster")
