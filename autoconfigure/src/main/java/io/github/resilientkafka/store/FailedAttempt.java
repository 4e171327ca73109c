package io.github.resilientkafka.store;

import io.github.resilientkafka.message.FailureKind;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of a row whose retry did not simply succeed.
 *
 * @param id the row's id
 * @param lane its lane
 * @param from the status it was read with, PENDING or DLQ_FAILED
 * @param attemptsBefore failed retries that counted when it was read; a row that has another number or status by now, as
 * somebody has retried it by hand, is left alone
 * @param to its status from now on: PENDING (to be tried again), DLQ or DLQ_FAILED
 * @param attempts failed retries so far that counted
 * @param nextAttemptAt when the relay may try it again; ignored for DLQ
 * @param failureKind why Kafka did not take it
 * @param errorType the class of the error
 * @param errorMessage its message, or null; shortened and cleaned by the store
 */
public record FailedAttempt(
        long id,
        int lane,
        EventStatus from,
        int attemptsBefore,
        EventStatus to,
        int attempts,
        Instant nextAttemptAt,
        FailureKind failureKind,
        String errorType,
        @Nullable String errorMessage) {}
