create table orders (
    id          uuid primary key,
    customer_id varchar(100) not null,
    item        varchar(100) not null,
    amount      integer not null,
    status      varchar(20) not null,
    created_at  timestamp(6) with time zone not null
);

create index orders_status_created_at on orders (status, created_at desc);
