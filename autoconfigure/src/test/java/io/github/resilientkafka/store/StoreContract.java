package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.EventRows.LEASE;
import static io.github.resilientkafka.store.EventRows.NOW;
import static io.github.resilientkafka.store.EventRows.attempt;

import java.util.List;
import org.junit.jupiter.api.AfterEach;

/**
 * What tests of the store on any database need.
 */
abstract class StoreContract<D extends TestDatabase> {

    final D database;

    final EventStore store;

    final FailedEvents events;

    StoreContract(D database) {
        this.database = database;
        this.store = database.store("app", true);
        this.events = database.events("app");
    }

    @AfterEach
    void close() {
        this.database.close();
    }

    List<LaneLease> lease(String owner) {
        return this.store.lease(owner, EventStatus.PENDING, NOW, 16, LEASE);
    }

    List<StoredEvent> read(List<LaneLease> leases, int limit) {
        return this.store.read(leases, EventStatus.PENDING, NOW, limit, List.of());
    }

    static FailedAttempt dead(StoredEvent row) {
        return attempt(row, EventStatus.PENDING, EventStatus.DLQ);
    }

    static FailedAttempt refused(StoredEvent row) {
        return attempt(row, EventStatus.PENDING, EventStatus.DLQ_FAILED);
    }

    static List<Long> ids(List<StoredEvent> rows) {
        return rows.stream().map(StoredEvent::id).toList();
    }

    static FailedEvents.Filter filter(EventStatus status) {
        return new FailedEvents.Filter(null, status, null, null, null, null);
    }
}
