-- The life that changed a task last (specs/a2a.md, A2A-35): one that waits for its client is changed by no other, unless that goes on
-- with it; null where that is not known.

alter table ca2a.tasks add column changed_by bigint;
