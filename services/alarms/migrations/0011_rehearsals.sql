-- Rehearsals that people asked for: what runs, in whichever front door, and what the ended ones found. Times are epoch ms.

CREATE TABLE rehearsals (
    id text PRIMARY KEY,
    by text NOT NULL CHECK (by <> ''),
    rule jsonb NOT NULL,
    since bigint NOT NULL,
    until bigint NOT NULL CHECK (until > since),
    area text NOT NULL,
    device text NOT NULL,
    began bigint NOT NULL,
    progress double precision NOT NULL CHECK (progress BETWEEN 0 AND 1),
    place smallint CHECK (place > 0),
    heard bigint NOT NULL,
    ended bigint,
    state text NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
    report jsonb,
    problem jsonb,
    CONSTRAINT rehearsals_running CHECK (
        (state = 'running') = (ended IS NULL) AND (state = 'running') = (place IS NOT NULL)
    ),
    CONSTRAINT rehearsals_outcome CHECK (
        (state = 'done') = (report IS NOT NULL) AND (state = 'failed') = (problem IS NOT NULL)
    )
);
COMMENT ON COLUMN rehearsals.heard IS 'when the process that carries it out last said so';
CREATE UNIQUE INDEX rehearsals_one_each ON rehearsals (by) WHERE state = 'running';
CREATE UNIQUE INDEX rehearsals_place ON rehearsals (place) WHERE state = 'running';
CREATE INDEX rehearsals_ended ON rehearsals (ended);

GRANT SELECT, INSERT, DELETE ON rehearsals TO linli_api;
GRANT UPDATE (progress, place, heard, ended, state, report, problem) ON rehearsals TO linli_api;
