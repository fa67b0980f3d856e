-- Tasks of an A2A server of many nodes (specs/a2a.md, A2A-35 to A2A-37). Times are Unix milliseconds by the clock of the node
-- that made the change.

create table ca2a.tasks (
    id text collate "C" primary key,
    -- The key of the holder; empty where the task is everybody's.
    owner bytea not null check (octet_length(owner) in (0, 32)),
    context text collate "C" not null,
    -- The credentials under which the task was made, JSON text.
    provenance text not null,
    changed bigint not null,
    state text not null,
    ended boolean not null,
    weight bigint not null,
    -- The life of the node at work on it; null where nobody is.
    epoch bigint,
    -- The task, JSON text.
    task text not null
);
create index tasks_by_owner on ca2a.tasks (owner, changed desc, id desc);
create index tasks_by_context on ca2a.tasks (context);
create index tasks_by_end on ca2a.tasks (changed) where ended;
create index tasks_by_epoch on ca2a.tasks (epoch) where epoch is not null;
