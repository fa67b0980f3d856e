-- Where other nodes of this database reach a node in its life (specs/gateway.md, GATE-74); null where it says nothing of that.

alter table ca2a.lives add column address text;
