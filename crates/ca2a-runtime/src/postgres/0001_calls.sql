-- Calls of many nodes (specs/gateway.md, GATE-40 to GATE-46). Times are Unix seconds by the clock of this database.

create function ca2a.now() returns bigint language sql volatile as
    $$ select floor(extract(epoch from clock_timestamp()))::bigint $$;

-- The latest time by which something was forgotten. What had expired by then is never fresh again, wherever the clock goes.
create table ca2a.horizon (seen bigint not null);
insert into ca2a.horizon values (0);

-- Lives of nodes: the channel key, and when the lease is over. What is closed stays so.
create table ca2a.lives (
    epoch bigint generated always as identity primary key,
    node bytea not null check (octet_length(node) = 32),
    lease_until bigint not null,
    closed boolean not null default false
);

-- Proofs that began a call, whose they are, and when they may be forgotten.
create table ca2a.spent (
    digest bytea primary key check (octet_length(digest) = 32),
    holder bytea not null check (octet_length(holder) = 32),
    forget_at bigint not null
);
create index spent_by_time on ca2a.spent (forget_at);

-- How many proofs each holder has in `spent`, and how many there are, in shards so that few wait for each other.
create table ca2a.holders (holder bytea primary key, held bigint not null);
create table ca2a.room (shard int primary key, held bigint not null);
insert into ca2a.room select shard, 0 from generate_series(0, 15) shard;

-- Calls that were begun and have no outcome: in which life, and the hash of the record of the decision.
create table ca2a.open_calls (
    call bytea primary key check (octet_length(call) = 32),
    epoch bigint not null,
    record bytea not null check (octet_length(record) = 32)
);
create index open_calls_by_epoch on ca2a.open_calls (epoch);

-- Signed outcomes. One that is there is never replaced.
create table ca2a.outcomes (
    call bytea primary key check (octet_length(call) = 32),
    statement text not null,
    forget_at bigint not null
);
create index outcomes_by_time on ca2a.outcomes (forget_at);

-- What tasks of ours are elsewhere, JSON text.
create table ca2a.bindings (task text primary key, elsewhere text not null);

-- Records of decisions in the order in which they were kept, each with the node's statement where it signs any.
create table ca2a.records (
    position bigint generated always as identity primary key,
    hash bytea not null,
    record text not null,
    statement text
);
