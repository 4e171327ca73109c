package io.github.resilientkafka.store;

import java.util.function.Function;
import org.hibernate.boot.model.relational.Namespace;
import org.hibernate.boot.model.relational.Sequence;
import org.hibernate.mapping.Table;
import org.hibernate.tool.schema.spi.SchemaFilter;
import org.hibernate.tool.schema.spi.SchemaFilterProvider;
import org.jspecify.annotations.Nullable;

/**
 * Keeps our tables out of everything that Hibernate does to schemas: create, drop, update, validate and truncate. All
 * else is up to the application's own filters.
 */
final class GuardedSchemaFilters implements SchemaFilterProvider {

    private final @Nullable SchemaFilterProvider application;

    GuardedSchemaFilters(@Nullable SchemaFilterProvider application) {
        this.application = application;
    }

    @Override
    public SchemaFilter getCreateFilter() {
        return guarded(SchemaFilterProvider::getCreateFilter);
    }

    @Override
    public SchemaFilter getDropFilter() {
        return guarded(SchemaFilterProvider::getDropFilter);
    }

    @Override
    public SchemaFilter getTruncatorFilter() {
        return guarded(SchemaFilterProvider::getTruncatorFilter);
    }

    @Override
    public SchemaFilter getMigrateFilter() {
        return guarded(SchemaFilterProvider::getMigrateFilter);
    }

    @Override
    public SchemaFilter getValidateFilter() {
        return guarded(SchemaFilterProvider::getValidateFilter);
    }

    private SchemaFilter guarded(Function<SchemaFilterProvider, SchemaFilter> filter) {
        return new Guard(this.application == null ? SchemaFilter.ALL : filter.apply(this.application));
    }

    private record Guard(SchemaFilter application) implements SchemaFilter {

        @Override
        public boolean includeNamespace(Namespace namespace) {
            return this.application.includeNamespace(namespace);
        }

        @Override
        public boolean includeTable(Table table) {
            return !EventTableNames.areOurs(table.getName()) && this.application.includeTable(table);
        }

        @Override
        public boolean includeSequence(Sequence sequence) {
            return this.application.includeSequence(sequence);
        }
    }
}
