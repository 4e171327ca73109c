package io.github.resilientkafka.listener;

/**
 * Carries an {@link Error} of a handler that leaves the JVM well, so that it counts as a failed record and does not end
 * the container with all its siblings.
 */
final class HandlerErrorException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    HandlerErrorException(Error error) {
        super(error.toString(), error);
    }
}
