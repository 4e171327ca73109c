-- Resilient Kafka, schema version 1, for PostgreSQL 13 or newer.
-- Names are not qualified: the tables go where the connection's search_path points first. Running it again does no harm.

-- A row is written twice, when it is stored and when it is settled. Half-full index pages have room for the second
-- version; full ones would all be split while a backlog is drained.
-- scope: a number made of namespace and channel, written by the application. An index finds an application's rows faster
-- by it than by two texts. Others may have the same, so namespace and channel are compared, too. Who changes these by hand
-- has to change scope, in both tables: the application says to which number when it starts.
create table if not exists failed_kafka_events (
    id               bigint generated always as identity primary key with (fillfactor = 45),
    row_id           uuid          not null,
    event_id         uuid          not null,
    scope            integer       not null,
    namespace        varchar(200)  not null,
    channel          varchar(100)  not null,
    lane             smallint      not null,
    topic            text          not null,
    partition_no     integer,
    record_timestamp bigint        not null,
    record_key       bytea,
    key_text         varchar(512),
    payload          bytea,
    headers          text          not null,
    event_type       varchar(255)  not null,
    status           varchar(10)   not null check (status in ('PENDING', 'RESOLVED', 'DLQ', 'DLQ_FAILED')),
    failure_kind     varchar(10)   not null,
    attempts         integer       not null default 0,
    next_attempt_at  timestamptz   not null,
    error_type       varchar(255)  not null,
    error_message    varchar(2000),
    created_at       timestamptz   not null,
    updated_at       timestamptz   not null,
    resolved_at      timestamptz
) with (
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_analyze_scale_factor = 0.01,
    toast.autovacuum_vacuum_scale_factor = 0.01
);

-- Makes inserts idempotent by row_id, and finds an event by its id.
create unique index if not exists failed_kafka_events_event
    on failed_kafka_events (event_id, row_id) with (fillfactor = 45);

-- What the relay leases and reads; next_attempt_at lets it skip what is not due without a look at the rows.
create index if not exists failed_kafka_events_pending
    on failed_kafka_events (scope, lane, id, next_attempt_at)
    where status = 'PENDING';

-- The same for dead letters that were refused.
create index if not exists failed_kafka_events_dlq_failed
    on failed_kafka_events (scope, lane, id, next_attempt_at)
    where status = 'DLQ_FAILED';

-- What is replayed: the dead letters of one topic, in order.
create index if not exists failed_kafka_events_dead_letters
    on failed_kafka_events (namespace, channel, topic, id)
    where status = 'DLQ';

-- Dead letters by age, to be purged. Acknowledged rows are in no such index: they are purged in the order of their ids.
create index if not exists failed_kafka_events_dead_letter_age
    on failed_kafka_events (namespace, channel, resolved_at)
    where status = 'DLQ';

-- Who may drain which lane, and how many rows of the lane stand where (pending ones are counted, not kept here).
-- wanted_at: when somebody who found no free lane asked for one, on whichever lane.
-- Up to drained_to no row of the lane is pending. Who makes rows pending by hand need not touch it: it is checked every
-- retry.interval.
create table if not exists kafka_lane (
    scope      integer      not null,
    namespace  varchar(200) not null,
    channel    varchar(100) not null,
    lane       smallint     not null,
    owner      varchar(255),
    epoch      bigint       not null default 0,
    expires_at timestamptz,
    wanted_at  timestamptz,
    drained_to bigint       not null default 0,
    resolved   bigint       not null default 0,
    dlq        bigint       not null default 0,
    dlq_failed bigint       not null default 0,
    primary key (namespace, channel, lane)
) with (fillfactor = 20);

comment on table kafka_lane is 'Resilient Kafka schema version 1';
