package io.github.resilientkafka.connection;

/**
 * Why Kafka could not be reached, as far as it can be known, and what to do about it.
 *
 * @param kind the class of the error
 * @param hint what to look at or change; a fixed text, with nothing of the error's own message or of any setting's value
 */
public record ConnectionError(Kind kind, String hint) {

    /**
     * What goes wrong between a client and a broker.
     */
    public enum Kind {

        /**
         * The name of a broker means nothing here.
         */
        DNS,

        /**
         * The address answers that nothing listens there.
         */
        REFUSED,

        /**
         * No answer in time. Kafka's client says no more than that in most cases of misconfiguration, too.
         */
        TIMEOUT,

        /**
         * The connection was made and then cut off.
         */
        DISCONNECTED,

        /**
         * The broker does not accept who we say we are.
         */
        AUTHENTICATION,

        /**
         * The broker knows who we are and does not allow it.
         */
        AUTHORIZATION,

        /**
         * No agreement on encryption or certificates.
         */
        TLS,

        /**
         * None of these.
         */
        OTHER
    }
}
