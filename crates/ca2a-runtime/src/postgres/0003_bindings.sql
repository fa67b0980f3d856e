-- When a binding may be forgotten (specs/gateway.md, GATE-70). A node of the version before, which knows of no such time, leaves
-- it to the table.

alter table ca2a.bindings add column forget_at bigint not null default ca2a.now() + 30 * 24 * 60 * 60;
create index bindings_by_time on ca2a.bindings (forget_at);
