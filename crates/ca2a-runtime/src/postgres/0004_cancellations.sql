-- What became of a request to cancel a task that another node is at work on (specs/gateway.md, GATE-73): asked, taken by the node at
-- work, or declined by its agent; null where nobody asked.

alter table ca2a.tasks add column cancellation text check (cancellation in ('asked', 'taken', 'declined'));
create index tasks_to_cancel on ca2a.tasks (epoch) where cancellation = 'asked';
