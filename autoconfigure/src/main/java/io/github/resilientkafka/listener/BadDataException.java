package io.github.resilientkafka.listener;

import org.jspecify.annotations.Nullable;

/**
 * A handler throws it to say that the record is bad: it is dead-lettered, or skipped, at once.
 */
public class BadDataException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception.
     * @param message what is wrong; kept in the dead letter's header {@code rk_error}
     */
    public BadDataException(String message) {
        super(message);
    }

    /**
     * Creates an exception.
     * @param message what is wrong; kept in the dead letter's header {@code rk_error}
     * @param cause why
     */
    public BadDataException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
