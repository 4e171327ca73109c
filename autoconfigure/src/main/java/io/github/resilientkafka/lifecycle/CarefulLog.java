package io.github.resilientkafka.lifecycle;

import org.slf4j.Logger;

/**
 * Log lines of threads that must go on whatever happens. To log takes memory, of which there may be none: an Error that
 * leaves a catch block ends its thread, or its schedule, without a word. Internal.
 * <p>
 * Callers hand over what they have: not even a text is made outside.
 */
public final class CarefulLog {

    private CarefulLog() {}

    /**
     * Logs an error with its stack trace. Never throws.
     * @param logger where to
     * @param message the message
     * @param error what happened
     */
    public static void error(Logger logger, String message, Throwable error) {
        try {
            logger.error(message, error);
        } catch (RuntimeException | Error ex) {
            // There is not even memory to say so.
        }
    }

    /**
     * Logs an error with its stack trace. Never throws.
     * @param logger where to
     * @param message the message, with a place for whom it is about
     * @param about whom it is about
     * @param error what happened
     */
    public static void error(Logger logger, String message, Object about, Throwable error) {
        try {
            logger.error(message, about, error);
        } catch (RuntimeException | Error ex) {
            // There is not even memory to say so.
        }
    }

    /**
     * Logs a warning with the error's text. Never throws.
     * @param logger where to
     * @param message the message, with places for whom it is about and for the error
     * @param about whom it is about
     * @param error what happened
     */
    public static void warn(Logger logger, String message, Object about, Throwable error) {
        try {
            logger.warn(message, about, error.toString());
        } catch (RuntimeException | Error ex) {
            // There is not even memory to say so.
        }
    }
}
