package io.github.resilientkafka.delivery;

import org.jspecify.annotations.Nullable;

/**
 * A replay cannot be made as things are, and waiting would not help; the message says what is missing.
 */
final class ReplayRefusedException extends RuntimeException {

    ReplayRefusedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
