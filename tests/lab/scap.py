# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What scanners compare hosts with: ComplianceAsCode's data streams, from Debian's packages, kept like images."""

import hashlib
import pathlib

from .cache import Build, built

#: Distributions whose data streams are kept, with the newest release of Debian that has them.
PRODUCTS = {
    "rhel8": "forky",
    "rhel9": "forky",
    "rhel10": "forky",
    "ubuntu2204": "forky",
    "ubuntu2404": "forky",
    "debian12": "forky",
    # Removed from ComplianceAsCode in 2025.
    "ubuntu2004": "trixie",
}
_PACKAGES = {"rhel": "ssg-nondebian", "ubuntu": "ssg-debderived", "debian": "ssg-debian"}
_DIRECTORY = "usr/share/xml/scap/ssg/content"

RECIPE = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()[:12]


def data_stream(product: str) -> pathlib.Path:
    """The path of a distribution's data stream. Its packages are fetched unless this recipe has made it before."""
    return _data_streams(PRODUCTS[product]) / f"ssg-{product}-ds.xml"


def _data_streams(release: str) -> pathlib.Path:
    wanted = [product for product, its in PRODUCTS.items() if its == release]

    def make(build: Build) -> pathlib.Path:
        packages = {_PACKAGES[product.rstrip("0123456789")] for product in wanted}
        # Whole packages would take two gigabytes.
        kept = [f"--dpkgopt=path-include=/{_DIRECTORY}/ssg-{product}-ds.xml" for product in wanted]
        return (
            build.bootstrap(release, "extract", sorted(packages), "--dpkgopt=path-exclude=/usr/share/*", *kept)
            / _DIRECTORY
        )

    return built(f"scap-{release}", RECIPE, "", make)
