package io.github.resilientkafka.store;

import java.util.Set;
import org.springframework.boot.sql.init.dependency.AbstractBeansOfTypeDatabaseInitializerDetector;

/**
 * Tells Spring Boot that {@link SchemaInitializer} creates tables: after the application's own migrations, before JPA.
 */
class StoreDatabaseInitializerDetector extends AbstractBeansOfTypeDatabaseInitializerDetector {

    /** Behind Flyway and Liquibase, which have 0 and 1. */
    private static final int ORDER = 1000;

    @Override
    protected Set<Class<?>> getDatabaseInitializerBeanTypes() {
        return Set.of(SchemaInitializer.class);
    }

    @Override
    public int getOrder() {
        return ORDER;
    }
}
