-- Resilient Kafka, schema version 1, for H2 2.3 or newer, in any of its modes.
-- Names are not qualified: the tables go to the connection's current schema. Running it again does no harm.

-- scope: a number made of namespace and channel, written by the application. It is not used here: tables are small in H2.
create table if not exists failed_kafka_events (
    id               bigint generated always as identity primary key,
    row_id           uuid          not null,
    event_id         uuid          not null,
    scope            integer       not null,
    namespace        varchar(200)  not null,
    channel          varchar(100)  not null,
    lane             smallint      not null,
    topic            varchar(1000) not null,
    partition_no     integer,
    record_timestamp bigint        not null,
    record_key       binary large object,
    key_text         varchar(512),
    payload          binary large object,
    headers          character large object not null,
    event_type       varchar(255)  not null,
    status           varchar(10)   not null check (status in ('PENDING', 'RESOLVED', 'DLQ', 'DLQ_FAILED')),
    failure_kind     varchar(10)   not null,
    attempts         integer       default 0 not null,
    next_attempt_at  timestamp(6) with time zone not null,
    error_type       varchar(255)  not null,
    error_message    varchar(2000),
    created_at       timestamp(6) with time zone not null,
    updated_at       timestamp(6) with time zone not null,
    resolved_at      timestamp(6) with time zone
);

-- Makes inserts idempotent by row_id, and finds an event by its id.
create unique index if not exists failed_kafka_events_event
    on failed_kafka_events (event_id, row_id);

-- What the relay leases and reads; dead letters that are purged.
create index if not exists failed_kafka_events_waiting
    on failed_kafka_events (namespace, channel, status, lane, id);

-- Who may drain which lane, and how many rows of the lane stand where (pending ones are counted, not kept here).
-- wanted_at: when somebody who found no free lane asked for one, on whichever lane.
-- drained_to is not used here: old versions of rows cost no search in H2.
create table if not exists kafka_lane (
    scope      integer      not null,
    namespace  varchar(200) not null,
    channel    varchar(100) not null,
    lane       smallint     not null,
    owner      varchar(255),
    epoch      bigint       default 0 not null,
    expires_at timestamp(6) with time zone,
    wanted_at  timestamp(6) with time zone,
    drained_to bigint       default 0 not null,
    resolved   bigint       default 0 not null,
    dlq        bigint       default 0 not null,
    dlq_failed bigint       default 0 not null,
    primary key (namespace, channel, lane)
);

comment on table kafka_lane is 'Resilient Kafka schema version 1';
