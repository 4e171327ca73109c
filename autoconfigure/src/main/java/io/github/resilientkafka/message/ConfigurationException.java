package io.github.resilientkafka.message;

import org.jspecify.annotations.Nullable;

/**
 * A setting that cannot work, found at start-up. Shown by a failure analysis as description and action.
 */
public class ConfigurationException extends RuntimeException {

    private final String property;

    private final String cure;

    /**
     * Creates an exception about one property (or one missing bean).
     * @param property the property's full name, or what is missing
     * @param problem what is wrong with it, as a sentence
     * @param cure what to change, as a sentence
     */
    public ConfigurationException(String property, String problem, String cure) {
        this(property, problem, cure, null);
    }

    /**
     * Creates an exception about one property (or one missing bean), with the error that revealed it.
     * @param property the property's full name, or what is missing
     * @param problem what is wrong with it, as a sentence
     * @param cure what to change, as a sentence
     * @param cause the underlying error, may be null
     */
    public ConfigurationException(String property, String problem, String cure, @Nullable Throwable cause) {
        super(property + ": " + problem, cause);
        this.property = property;
        this.cure = cure;
    }

    /**
     * Returns the property (or bean) that is wrong.
     * @return its full name
     */
    public String property() {
        return this.property;
    }

    /**
     * Returns what to change.
     * @return a sentence
     */
    public String cure() {
        return this.cure;
    }
}
