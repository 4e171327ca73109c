package io.github.resilientkafka.listener;

import java.util.concurrent.CompletableFuture;

/**
 * Where failed records can be sent, to be done with in their partition.
 */
interface RecordDestination {

    /**
     * Sends a record. Does not block.
     * @return completes when the record is durable there, so that its offset may be committed
     */
    CompletableFuture<?> send(FailedRecord record);

    /**
     * A record is durable there.
     */
    void arrived(FailedRecord record);
}
