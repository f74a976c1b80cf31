# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines of boot loaders that start a kernel without its audit system."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._policy import command_line


@pytest.mark.parametrize(
    ("name", "text", "numbers"),
    [
        ("boot/grub/grub.cfg", "set default=0\n  linux /vmlinuz root=/dev/sda1 ro audit=0 quiet\n", [2]),
        ("boot/grub2/grub.cfg", "\tlinux /vmlinuz audit=off\n\tlinuxefi /vmlinuz audit=1\n", [1]),
        ("boot/grub2/grubenv", "# GRUB Environment Block\nkernelopts=root=/dev/sda1 audit=0\n", [2]),
        ("boot/loader/entries/a.conf", "title x\noptions root=/dev/sda1 audit=0\n", [2]),
        ("etc/kernel/cmdline", "audit=0\n", [1]),
        ("boot/extlinux/extlinux.conf", "  APPEND ro audit=0\n", [1]),
        ("boot/grub/grub.cfg", "linux /vmlinuz ro audit=OFF\n", [1]),
        ("boot/grub/grub.cfg", "multiboot2 /xen.gz\n\tmodule2 /vmlinuz placeholder audit=0\n", [2]),
        ("boot/grub2/grub.cfg", 'set default_kernelopts="root=/dev/sda1 audit=0"\n', [1]),
        ("boot/efi/loader/entries/debian.conf", "options root=/dev/sda1 audit=Off\n", [1]),
        # Of several words the last counts; other words and other lines do not.
        ("boot/grub/grub.cfg", "linux /vmlinuz audit=0 audit=1\n", []),
        ("boot/grub/grub.cfg", "linux /vmlinuz audit=1 audit=0\n", [1]),
        ("boot/grub/grub.cfg", "linux /vmlinuz noaudit=0 audit_backlog_limit=0 audit=1\n# linux audit=0\n", []),
        ("boot/grub/other.cfg", "linux /vmlinuz audit=0\n", []),
    ],
)
def test_command_lines_without_an_audit_system(tmp_path, monkeypatch, name, text, numbers):
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    files = [(f"{tmp_path}{pattern}", lines) for pattern, lines in command_line._FILES]
    monkeypatch.setattr(command_line, "_FILES", files)
    found = command_line.boot_loader_problems()
    assert [problem.origin for problem in found] == [f"{path}:{number}" for number in numbers]
    assert all(problem.silent and problem.text.startswith("audit=") for problem in found)
