alter table orders add column attempts integer not null default 0;
