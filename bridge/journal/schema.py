"""The journal's tables, as numbered migrations. A migration once released is never edited.

Not for: queries. Every table is strict; times are text in UTC (``clock.iso``), amounts and numbers of partners text.
"""

from sqlite_utils import Database, Migrations

migrations = Migrations("bridge")

_ORDERS = """
CREATE TABLE orders (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  order_ref      TEXT NOT NULL UNIQUE,
  ref_folded     TEXT NOT NULL,
  application    TEXT NOT NULL,
  target         TEXT NOT NULL,
  state          TEXT NOT NULL,
  outcome        TEXT,
  erp_order_no   TEXT,
  waits_because  TEXT,
  abandoned      INTEGER NOT NULL DEFAULT 0,
  fingerprint    TEXT NOT NULL,
  currency       TEXT,
  amount         TEXT,
  line_count     INTEGER NOT NULL,
  body           BLOB,
  body_kind      TEXT NOT NULL,
  content_type   TEXT NOT NULL,
  forced_kind    TEXT,
  body_sha256    TEXT NOT NULL,
  request_id     TEXT NOT NULL,
  received_at    TEXT NOT NULL,
  answered_at    TEXT,
  changed_at     TEXT NOT NULL
) STRICT"""

_DROPS = """
CREATE TABLE drops (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id     INTEGER NOT NULL REFERENCES orders (id),
  target       TEXT NOT NULL,
  confirming   INTEGER NOT NULL,
  state        TEXT NOT NULL,
  reason       TEXT,
  detail       TEXT,
  format       TEXT NOT NULL,
  control      INTEGER NOT NULL,
  file_name    TEXT NOT NULL,
  staging_name TEXT NOT NULL,
  marker_name  TEXT NOT NULL,
  content      BLOB,
  size         INTEGER NOT NULL,
  sha256       TEXT NOT NULL,
  rendered_at  TEXT NOT NULL,
  published_at TEXT,
  presumed     INTEGER NOT NULL DEFAULT 0,
  litter       INTEGER NOT NULL DEFAULT 0,
  taken_at     TEXT,
  answered_at  TEXT,
  attempts     INTEGER NOT NULL DEFAULT 0,
  waited_s     REAL NOT NULL DEFAULT 0,
  next_at      TEXT NOT NULL,
  UNIQUE (target, control),
  UNIQUE (target, file_name)
) STRICT"""

_CONFLICTS = """
CREATE TABLE conflicts (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id     INTEGER NOT NULL REFERENCES orders (id),
  application  TEXT,
  fingerprint  TEXT NOT NULL,
  body         BLOB,
  body_kind    TEXT NOT NULL,
  body_sha256  TEXT NOT NULL,
  state        TEXT NOT NULL,
  received_at  TEXT NOT NULL,
  seen         INTEGER NOT NULL DEFAULT 1,
  UNIQUE (order_id, body_sha256)
) STRICT"""

_INBOX_FILES = """
CREATE TABLE inbox_files (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  claim       TEXT NOT NULL,
  target      TEXT NOT NULL,
  name        TEXT NOT NULL,
  size        INTEGER NOT NULL,
  sha256      TEXT NOT NULL,
  content     BLOB,
  outcome     TEXT NOT NULL,
  reasons     TEXT NOT NULL,
  read_at     TEXT NOT NULL,
  kept_as     TEXT,
  UNIQUE (claim, sha256)
) STRICT"""

_ACKNOWLEDGEMENTS = """
CREATE TABLE acknowledgements (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  file_id      INTEGER NOT NULL REFERENCES inbox_files (id),
  position     INTEGER NOT NULL,
  order_id     INTEGER REFERENCES orders (id),
  target       TEXT NOT NULL,
  kind         TEXT NOT NULL,
  status       TEXT NOT NULL,
  erp_order_no TEXT,
  verdict      TEXT NOT NULL,
  fingerprint  TEXT NOT NULL,
  document     TEXT NOT NULL,
  recorded_at  TEXT NOT NULL,
  UNIQUE (file_id, position)
) STRICT"""

_REPORTS = """
CREATE TABLE reports (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id     INTEGER NOT NULL REFERENCES orders (id),
  seq          INTEGER NOT NULL,
  ack_id       INTEGER REFERENCES acknowledgements (id),
  status       TEXT NOT NULL,
  erp_order_no TEXT,
  state        TEXT NOT NULL,
  attempts     INTEGER NOT NULL DEFAULT 0,
  waited_s     REAL NOT NULL DEFAULT 0,
  next_at      TEXT NOT NULL,
  owed_at      TEXT NOT NULL,
  sent_at      TEXT,
  error        TEXT,
  UNIQUE (order_id, seq)
) STRICT"""

_EVENTS = """
CREATE TABLE events (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  at       TEXT NOT NULL,
  kind     TEXT NOT NULL,
  order_id INTEGER REFERENCES orders (id),
  target   TEXT,
  facts    TEXT NOT NULL
) STRICT"""

_REJECTS = """
CREATE TABLE rejects (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  received_at  TEXT NOT NULL,
  name         TEXT NOT NULL,
  subject      TEXT NOT NULL,
  reason       TEXT NOT NULL,
  body         BLOB,
  content_type TEXT NOT NULL,
  forced_kind  TEXT,
  size         INTEGER NOT NULL,
  sha256       TEXT NOT NULL,
  state        TEXT NOT NULL,
  seen         INTEGER NOT NULL DEFAULT 1,
  order_ref    TEXT,
  settled_at   TEXT
) STRICT"""

_ALERTS = """
CREATE TABLE alerts (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  kind      TEXT NOT NULL,
  subject   TEXT NOT NULL,
  severity  TEXT NOT NULL,
  text      TEXT NOT NULL,
  raised_at TEXT NOT NULL,
  told_at   TEXT,
  told      INTEGER NOT NULL DEFAULT 0,
  closed_at TEXT,
  closing_told INTEGER NOT NULL DEFAULT 0
) STRICT"""

_TARGETS = """
CREATE TABLE targets (
  name         TEXT PRIMARY KEY,
  next_control INTEGER NOT NULL DEFAULT 1,
  identity     TEXT,
  proven       INTEGER NOT NULL DEFAULT 0,
  paused       TEXT,
  paused_at    TEXT
) STRICT, WITHOUT ROWID"""

_NAMED_ORDERS = """
CREATE TABLE named_orders (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  target   TEXT NOT NULL,
  sha256   TEXT NOT NULL,
  order_id INTEGER NOT NULL REFERENCES orders (id),
  made_at  TEXT NOT NULL,
  used_by  INTEGER REFERENCES inbox_files (id)
) STRICT"""

_PROBES = """
CREATE TABLE probes (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  target   TEXT NOT NULL,
  at       TEXT NOT NULL,
  findings TEXT NOT NULL
) STRICT"""

_COLLECTED = """
CREATE TABLE collected (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  target     TEXT NOT NULL,
  name       BLOB NOT NULL,
  size       INTEGER,
  mtime      INTEGER,
  sha256     TEXT NOT NULL,
  marker     BLOB NOT NULL,
  file       TEXT NOT NULL,
  fetched_at TEXT NOT NULL,
  left_at    TEXT,
  refused_at TEXT,
  refusal    TEXT NOT NULL DEFAULT ''
) STRICT"""


@migrations()
def m0001_orders_and_drops(db: Database) -> None:
    """Orders as admitted, the files made from them, and later bodies under the same reference."""
    db.execute(_ORDERS)
    db.execute("CREATE INDEX orders_by_folded_ref ON orders (ref_folded)")
    db.execute("CREATE INDEX orders_by_state ON orders (state, changed_at)")
    db.execute("CREATE INDEX orders_by_erp_no ON orders (erp_order_no) WHERE erp_order_no IS NOT NULL")
    db.execute("CREATE INDEX orders_unanswered ON orders (id) WHERE answered_at IS NULL")
    db.execute(_DROPS)
    db.execute("CREATE UNIQUE INDEX one_current_drop ON drops (order_id, target) WHERE state <> 'withdrawn'")
    db.execute("CREATE INDEX drops_by_state ON drops (target, state, next_at)")
    db.execute(_CONFLICTS)


@migrations()
def m0002_answers_and_reports(db: Database) -> None:
    """Files of the ERP, the acknowledgements in them, and the calls owed to Norce."""
    db.execute(_INBOX_FILES)
    db.execute("CREATE INDEX inbox_files_by_time ON inbox_files (read_at)")
    db.execute(_ACKNOWLEDGEMENTS)
    db.execute(
        "CREATE UNIQUE INDEX one_effect ON acknowledgements (order_id, target, fingerprint) "
        "WHERE verdict NOT IN ('repeated', 'unmatched')",
    )
    db.execute(_REPORTS)
    db.execute("CREATE INDEX reports_by_state ON reports (state, next_at)")


@migrations()
def m0003_events_and_housekeeping(db: Database) -> None:
    """The append-only history, rejects, alerts, and what the bridge remembers of each target."""
    db.execute(_EVENTS)
    db.execute("CREATE INDEX events_by_order ON events (order_id, id)")
    for act in ("UPDATE", "DELETE"):
        db.execute(
            f"CREATE TRIGGER events_never_{act.lower()} BEFORE {act} ON events "
            "BEGIN SELECT RAISE(ABORT, 'events are never changed'); END",
        )
    db.execute(_REJECTS)
    db.execute("CREATE UNIQUE INDEX one_open_reject ON rejects (sha256, content_type) WHERE state = 'open'")
    db.execute(_ALERTS)
    db.execute("CREATE UNIQUE INDEX one_open_alert ON alerts (kind, subject) WHERE closed_at IS NULL")
    db.execute(_TARGETS)


@migrations()
def m0004_indexes_of_the_queues(db: Database) -> None:
    """What each round asks must not cost more with each order that was ever taken."""
    db.execute("CREATE INDEX drops_by_order ON drops (order_id)")
    db.execute("CREATE INDEX drops_not_taken ON drops (target, id) WHERE taken_at IS NULL AND published_at IS NOT NULL")
    db.execute("CREATE INDEX drops_with_litter ON drops (target, id) WHERE litter = 1")


@migrations()
def m0005_acts_of_people(db: Database) -> None:
    """Where a held drop came from and whether a file holds it; which order a person said that a file speaks of."""
    db.execute("ALTER TABLE drops ADD COLUMN held_from TEXT")
    db.execute("ALTER TABLE drops ADD COLUMN held_by_file INTEGER NOT NULL DEFAULT 0")
    db.execute(_NAMED_ORDERS)
    db.execute("CREATE INDEX inbox_files_by_target ON inbox_files (target, id)")


@migrations()
def m0006_documents(db: Database) -> None:
    """What a report may need of its order, and reports that are documents: complete at birth, begun, in doubt."""
    db.execute("ALTER TABLE orders ADD COLUMN brief TEXT NOT NULL DEFAULT '{}'")
    db.execute("ALTER TABLE reports ADD COLUMN kind TEXT NOT NULL DEFAULT 'status'")
    db.execute("ALTER TABLE reports ADD COLUMN document TEXT")
    db.execute("ALTER TABLE reports ADD COLUMN number TEXT")
    db.execute("ALTER TABLE reports ADD COLUMN digest TEXT")
    db.execute("ALTER TABLE reports ADD COLUMN moves_money INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE reports ADD COLUMN begun_at TEXT")
    db.execute("ALTER TABLE reports ADD COLUMN doubted INTEGER NOT NULL DEFAULT 0")
    db.execute("CREATE UNIQUE INDEX one_document ON reports (kind, number, order_id) WHERE number IS NOT NULL")


@migrations()
def m0007_parts_of_orders(db: Database) -> None:
    """Which rows of its order a file holds; NULL is all, and of a split order each file has its own."""
    db.execute("ALTER TABLE drops ADD COLUMN lines TEXT")
    db.execute("ALTER TABLE drops ADD COLUMN charges INTEGER NOT NULL DEFAULT 1")


@migrations()
def m0008_host_keys(db: Database) -> None:
    """The host key that a person trusted, and the settings' own that it stands in for."""
    db.execute("ALTER TABLE targets ADD COLUMN host_key TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE targets ADD COLUMN host_key_for TEXT NOT NULL DEFAULT ''")


@migrations()
def m0009_probes(db: Database) -> None:
    """What was found at each target's place, so that a change can be told."""
    db.execute(_PROBES)
    db.execute("CREATE INDEX probes_by_target ON probes (target, id)")


@migrations()
def m0010_collected_answers(db: Database) -> None:
    """Answers fetched from a server, and whether they have left it; a name there need not be text."""
    db.execute(_COLLECTED)
    db.execute("CREATE UNIQUE INDEX one_lingering ON collected (target, name) WHERE left_at IS NULL")
    db.execute("CREATE INDEX collected_by_content ON collected (target, sha256, id)")


@migrations()
def m0011_refused_files(db: Database) -> None:
    """The receipt by which the ERP refused a file, until that file is handed over anew."""
    db.execute("ALTER TABLE drops ADD COLUMN refused_by INTEGER REFERENCES acknowledgements (id)")
    db.execute("CREATE INDEX drops_refused ON drops (id) WHERE refused_by IS NOT NULL")
