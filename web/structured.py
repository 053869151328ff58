"""A procedure for search engines: schema.org's GovernmentService and HowTo, as JSON-LD.

Only what the page says as well. Time is left out: schema.org knows no working days.
"""

from __future__ import annotations

from typing import Any

from language.blocks import Steps
from procedures.guide import Guide
from procedures.pages import page_path
from procedures.vocabulary import Aspect


def structured(told: Guide, address: str, base: str) -> dict[str, Any]:
    """Return the JSON-LD of a page at `address`."""
    version = told.version
    service: dict[str, Any] = {
        "@type": "GovernmentService",
        "@id": f"{address}#service",
        "name": told.name,
        "alternateName": version.file.official_name,
        "description": told.summary,
        "url": address,
        "inLanguage": told.language,
        "identifier": [code.code for code in version.contents.codes],
        "areaServed": {
            "@type": "AdministrativeArea",
            "name": version.province_name if version.is_provincial else "Việt Nam",
        },
        "provider": {
            "@type": "GovernmentOrganization",
            "name": version.contents.result.signed_by.say(told.language),
        },
    }
    how: dict[str, Any] = {
        "@type": "HowTo",
        "@id": f"{address}#howto",
        "name": told.name,
        "description": told.summary,
        "inLanguage": told.language,
        "supply": [{"@type": "HowToSupply", "name": paper.name} for paper in told.papers],
        "step": [
            {
                "@type": "HowToStep",
                "position": n,
                "text": f"{step.actor}: {step.text}" if step.actor else step.text,
            }
            for block in told.sections[Aspect.STEPS].blocks
            if isinstance(block, Steps)
            for n, step in enumerate(block.steps, start=1)
        ],
    }
    trail = {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": 1,
                "name": "Procedures" if told.language == "en" else "Thủ tục",
                "item": base + page_path(language=told.language),
            },
            {"@type": "ListItem", "position": 2, "name": told.name, "item": address},
        ],
    }
    return {"@context": "https://schema.org", "@graph": [service, how, trail]}
