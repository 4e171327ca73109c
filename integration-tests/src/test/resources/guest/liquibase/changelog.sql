--liquibase formatted sql

--changeset guest:1
create table customer (name varchar(100) primary key);
