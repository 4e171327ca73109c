package io.github.resilientkafka.listener;

import java.time.Duration;
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

    private static final int MAX_TEXT = 1_000;

    /**
     * Describes the error for people. Errors of bad data may quote the record, which belongs into no log: only their types
     * are told.
     */
    String text() {
        String text = (errorClass == ErrorClass.BAD_DATA) ? types() : error.toString();
        return (text.length() <= MAX_TEXT) ? text : text.substring(0, MAX_TEXT) + "...";
    }

    /**
     * Describes the error for the dead letter's header, where the payload is beside it anyway.
     */
    String fullText() {
        String text = error.toString();
        return (text.length() <= MAX_TEXT) ? text : text.substring(0, MAX_TEXT) + "...";
    }

    private String types() {
        StringBuilder types = new StringBuilder(error.getClass().getName());
        Throwable cause = error.getCause();
        for (int depth = 0; cause != null && depth < 5; depth++) {
            types.append(" caused by ").append(cause.getClass().getName());
            cause = cause.getCause();
        }
        return types.toString();
    }
}
