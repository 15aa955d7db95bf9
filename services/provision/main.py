"""Composition root of the one-shot ``linli-provision``."""

import sys
from collections.abc import Sequence

from services.adapters import logging
from services.adapters.retry import Stopped, until_available
from services.provision import database, topics
from services.provision.patience import Patience
from services.provision.settings import ProvisionSettings
from streams.contracts import LinliError
from streams.process.settings import load

PURPOSE = "Create topics, database, roles and schemas, and apply every migration. Safe to repeat."


def main(argv: Sequence[str] | None = None) -> int:
    """Provision once; 0 when everything is in place, 1 with the reason when it cannot be."""
    settings = load(ProvisionSettings, PURPOSE, "linli-provision", argv)
    logging.configure(process="provision", level=settings.log_level, json=settings.log_json)
    log = logging.get(__name__)
    patience = Patience(settings.wait_s)
    servers, admin_url = settings.kafka_bootstrap_servers, settings.admin_database_url.get_secret_value()
    try:
        created = until_available(patience, "topics", lambda: topics.ensure(servers))
        applied = until_available(
            patience,
            "database",
            lambda: database.prepare(admin_url, settings.passwords(), database=settings.database_name),
        )
    except Stopped as stopped:
        sys.stderr.write(f"linli-provision: {stopped.__cause__} (waited {settings.wait_s:g} s)\n")
        return 1
    except LinliError as error:
        sys.stderr.write(f"linli-provision: {error}\n")
        return 1
    log.info("provisioned", topics=created, migrations={name: done for name, done in applied.items() if done})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
