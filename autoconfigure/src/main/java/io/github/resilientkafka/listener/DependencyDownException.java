package io.github.resilientkafka.listener;

import org.jspecify.annotations.Nullable;

/**
 * A handler throws it to say that something it needs is away: the partition is held, no attempt is counted, and the record
 * is handled again once the dependency is back.
 */
public class DependencyDownException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String dependency;

    /**
     * Creates an exception.
     * @param dependency its name. Where a {@link DependencyProbe} bean, a circuit breaker or a health indicator has this
     * name, it tells when the dependency is back; otherwise one record is tried now and then
     */
    public DependencyDownException(String dependency) {
        this(dependency, null);
    }

    /**
     * Creates an exception.
     * @param dependency its name
     * @param cause how it showed
     */
    public DependencyDownException(String dependency, @Nullable Throwable cause) {
        super("Dependency " + dependency + " is down", cause);
        this.dependency = dependency;
    }

    /**
     * Returns the dependency's name.
     * @return as given
     */
    public String dependency() {
        return this.dependency;
    }
}
