package io.github.resilientkafka.listener;

import io.github.resilientkafka.publisher.ErrorChain;
import java.time.Duration;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A classified failure.
 *
 * @param errorClass what it means for the record
 * @param error what the handler threw, without the wrapping of those between
 * @param dependency the dependency that is down, or null
 * @param retryAfter when the handler wants the record again, or null
 */
record Failure(
        ErrorClass errorClass,
        Throwable error,
        @Nullable String dependency,
        @Nullable Duration retryAfter) {

    private static final int MAX_TYPES = 6;

    /**
     * Describes the error for people. Errors of bad data may quote the record, which belongs into no log: only their types
     * are told.
     */
    String text() {
        return (errorClass == ErrorClass.BAD_DATA) ? types(error) : fullText();
    }

    /**
     * Describes the error for the dead letter's header, where the payload is beside it anyway.
     */
    String fullText() {
        return ErrorChain.text(error);
    }

    /**
     * Describes an error that may quote a record.
     */
    static String types(Throwable error) {
        return ErrorChain.of(error).stream()
                .limit(MAX_TYPES)
                .map(cause -> cause.getClass().getName())
                .collect(Collectors.joining(" caused by "));
    }
}
