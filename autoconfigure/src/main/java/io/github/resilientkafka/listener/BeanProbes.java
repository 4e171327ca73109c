package io.github.resilientkafka.listener;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;

/**
 * Beans of type {@link DependencyProbe}, found by their names.
 */
final class BeanProbes implements DependencyProbeFinder {

    private final BeanFactory beans;

    BeanProbes(BeanFactory beans) {
        this.beans = beans;
    }

    @Override
    public @Nullable DependencyProbe find(String dependency) {
        return this.beans.containsBean(dependency) && this.beans.isTypeMatch(dependency, DependencyProbe.class)
                ? this.beans.getBean(dependency, DependencyProbe.class)
                : null;
    }
}
