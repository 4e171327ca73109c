package io.github.resilientkafka.listener;

import io.github.resilientkafka.listener.NotHandledException.Reason;
import java.time.Instant;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Whether a container's records are moved away when they are to be tried again, and what those tell that were moved before.
 */
final class RetryMoves {

    /**
     * They stay where they are.
     */
    static final RetryMoves NONE = new RetryMoves(null, "", false, false);

    private final @Nullable RecordDestination destination;

    private final String group;

    private final boolean readsTickets;

    private final boolean onlyForGroup;

    private RetryMoves(
            @Nullable RecordDestination destination, String group, boolean readsTickets, boolean onlyForGroup) {
        this.destination = destination;
        this.group = group;
        this.readsTickets = readsTickets;
        this.onlyForGroup = onlyForGroup;
    }

    /**
     * For a container whose records are moved to another topic.
     */
    static RetryMoves elsewhere(RecordDestination destination) {
        return new RetryMoves(destination, "", false, false);
    }

    /**
     * For a container to which its own records come back, among others.
     * @param group the container's group: records that were moved for another one are as new here
     */
    static RetryMoves comingRound(RecordDestination destination, String group) {
        return new RetryMoves(destination, group, true, false);
    }

    /**
     * For a container that reads nothing but records that were moved.
     * @param group the group for which it reads them: the others' are not its business
     */
    static RetryMoves ofRetryTopic(RecordDestination destination, String group) {
        return new RetryMoves(destination, group, true, true);
    }

    /**
     * Returns whether records that are to be tried again leave their place.
     */
    boolean away() {
        return this.destination != null;
    }

    /**
     * Returns whether records may have been moved here.
     */
    boolean readsTickets() {
        return this.readsTickets;
    }

    RecordDestination destination() {
        if (this.destination == null) {
            throw new IllegalStateException("Records are not moved");
        }
        return this.destination;
    }

    @Nullable
    RetryTicket ticketOf(ConsumerRecord<?, ?> record) {
        return this.readsTickets ? RetryTicket.of(record, this.group) : null;
    }

    /**
     * Returns why a record must not be given to its handler, or not yet, or null.
     */
    @Nullable
    Reason reasonAgainst(ConsumerRecord<?, ?> record) {
        if (!this.readsTickets) {
            return null;
        }
        RetryTicket ticket = RetryTicket.of(record, this.group);
        if (ticket != null) {
            return ticket.isDue(Instant.now()) ? null : Reason.NOT_DUE;
        }
        String other = this.onlyForGroup ? RetryTicket.groupOf(record) : null;
        return (other == null || other.equals(this.group)) ? null : Reason.OTHER_GROUP;
    }
}
