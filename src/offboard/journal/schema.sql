-- The journal, version 1. Instants are nanoseconds since 1970; moments (`taken`, `until`, `look_after`, `paused_until`)
-- are milliseconds of the raw clock of the row's `boot`. Columns that are filled later are there already and null.

CREATE TABLE process (
    id INTEGER PRIMARY KEY,
    boot TEXT NOT NULL,
    pid INTEGER NOT NULL,
    lock TEXT NOT NULL,
    inode INTEGER NOT NULL,
    began INTEGER NOT NULL,
    late INTEGER NOT NULL,              -- how long its calls may travel on after its death
    beat INTEGER,
    ended INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE bucket (
    id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    app TEXT NOT NULL,
    api TEXT NOT NULL DEFAULT 'offboard',
    boot TEXT NOT NULL,
    paused_until INTEGER,
    pause_length INTEGER,
    pause_step INTEGER,
    paused_at INTEGER NOT NULL DEFAULT 0,
    pause_words TEXT NOT NULL DEFAULT '',
    last_good_read INTEGER,
    asked INTEGER,
    UNIQUE (tenant, app, api)
) STRICT;

CREATE TABLE slot (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket INTEGER NOT NULL REFERENCES bucket,
    process INTEGER REFERENCES process, -- null: a call that is not ours
    run INTEGER REFERENCES run,
    machine TEXT,
    attempt INTEGER NOT NULL DEFAULT 0,
    boot TEXT NOT NULL,
    taken INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    until INTEGER,                      -- null: on the way
    probe INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX slot_by_bucket ON slot (bucket);
CREATE INDEX slot_open ON slot (process) WHERE until IS NULL;

CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    bucket INTEGER NOT NULL REFERENCES bucket,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    operator TEXT NOT NULL,
    sudo_user TEXT,
    login_uid TEXT,
    ssh_connection TEXT,
    comment TEXT NOT NULL,
    requestor TEXT,
    confirmed INTEGER NOT NULL,
    wish TEXT NOT NULL CHECK (wish IN ('go', 'pause', 'cancel')),
    why TEXT,
    stopped INTEGER,
    driver INTEGER NOT NULL REFERENCES process,
    frozen INTEGER NOT NULL,
    fail_kind TEXT,
    fail_count INTEGER NOT NULL DEFAULT 0,
    fail_seq INTEGER NOT NULL DEFAULT 0,
    never_again INTEGER NOT NULL DEFAULT 0,
    canary INTEGER,
    gate_open INTEGER NOT NULL DEFAULT 1,
    guards TEXT,
    ended INTEGER,
    changed INTEGER NOT NULL,
    last_word INTEGER NOT NULL
) STRICT;

CREATE TABLE machine (
    run INTEGER NOT NULL REFERENCES run,
    tenant TEXT NOT NULL,
    machine TEXT NOT NULL,
    ord INTEGER NOT NULL,
    name TEXT,                          -- at the freeze, like the three that follow
    facts TEXT NOT NULL,
    last_seen INTEGER,
    inactive INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    intended INTEGER,
    sent INTEGER,
    boot TEXT NOT NULL,
    doubt_kind TEXT,
    doubts INTEGER NOT NULL DEFAULT 0,
    doubt_since INTEGER,
    look_after INTEGER,
    action TEXT,
    action_since INTEGER,
    words TEXT,
    PRIMARY KEY (run, machine)
) STRICT, WITHOUT ROWID;
CREATE INDEX machine_by_state ON machine (run, state, ord);
CREATE INDEX machine_by_id ON machine (machine, tenant);
-- The claim: a machine belongs to one run at a time.
CREATE UNIQUE INDEX machine_claim ON machine (tenant, machine)
    WHERE state IN ('sending', 'doubt', 'accepted', 'adopted', 'undecided');

CREATE TABLE action (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    machine TEXT,
    ours INTEGER REFERENCES run,        -- decided once, when the row is first stored
    seq INTEGER NOT NULL,
    asked INTEGER NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    name TEXT,
    requestor TEXT,
    comment TEXT,
    created INTEGER,
    updated INTEGER,
    error_hresult INTEGER,
    properties TEXT NOT NULL,           -- as the service returned it, made safe: JSON
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX action_by_machine ON action (tenant, machine);
CREATE INDEX action_ours ON action (tenant, created) WHERE ours IS NOT NULL;
CREATE INDEX action_asked ON action (asked, seq);

CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER,
    machine TEXT,
    process INTEGER,
    wall INTEGER NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_run ON event (run, machine);
CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;
CREATE TRIGGER event_remains BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'an event is never deleted'); END;
