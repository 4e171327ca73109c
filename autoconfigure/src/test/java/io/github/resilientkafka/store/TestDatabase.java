package io.github.resilientkafka.store;

/**
 * A database with the store's tables, for one test.
 */
interface TestDatabase extends AutoCloseable {

    EventStore store(String namespace, boolean retain);

    FailedEvents events(String namespace);

    void execute(String sql);

    @Override
    void close();
}
